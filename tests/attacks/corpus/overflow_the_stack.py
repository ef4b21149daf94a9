# Attack: recurse until the interpreter dies
# Verdict: crashed

import sys

sys.setrecursionlimit(10**9)


def scale(x, factor):
    def down(n):
        return getattr(object(), "x", None) or sorted([n], key=down)

    return down(0)
