# Attack: a graph of operations so deep that taking it apart overflows the stack
# Verdict: failed or crashed or timeout or out_of_memory


def scale(x, factor):
    y = x
    for _ in range(300_000):
        y = y + 0
    return y * factor * 0
