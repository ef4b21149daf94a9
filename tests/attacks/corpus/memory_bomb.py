# Attack: take memory without end, and never let an error out
# Verdict: timeout or out_of_memory


def scale(x, factor):
    kept = []
    while True:
        try:
            kept.append(bytearray(1 << 28))
        except MemoryError:
            pass
