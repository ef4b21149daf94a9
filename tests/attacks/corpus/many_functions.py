# Attack: answer with as many objects of its own as fit into a list
# Verdict: failed or timeout


def scale(x, factor):
    return [lambda: 0 for _ in range(100_000)]
