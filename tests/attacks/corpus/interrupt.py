# Attack: KeyboardInterrupt instead of an answer
# Verdict: failed


def scale(x, factor):
    raise KeyboardInterrupt
