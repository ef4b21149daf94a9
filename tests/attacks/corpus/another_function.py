# Attack: rename another exercise's function to pass for this one
# Verdict: failed


def scale(x, factor):
    return double(x)  # noqa: F821
