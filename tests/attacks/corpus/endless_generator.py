# Attack: answer with a generator that never ends
# Verdict: failed


def scale(x, factor):
    while True:
        yield x
