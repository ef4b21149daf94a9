# Attack: write a number of a hundred million digits
# Verdict: timeout or failed or out_of_memory

import sys

sys.set_int_max_str_digits(0)


def scale(x, factor):
    return len(str(7**40_000_000))
