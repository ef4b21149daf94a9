# Attack: a regular expression that looks at every way, in C, where no signal of Python's is seen
# Verdict: timeout

import re


def scale(x, factor):
    return re.match(r"(a+)+$", "a" * 64 + "b")
