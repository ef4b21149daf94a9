# Attack: answer with None
# Verdict: failed


def scale(x, factor):
    return None
