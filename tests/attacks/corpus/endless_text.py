# Attack: an exception whose text never comes
# Verdict: timeout


class Slow(Exception):
    def __str__(self):
        while True:
            pass


def scale(x, factor):
    raise Slow()
