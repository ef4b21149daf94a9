# Attack: write to address 0
# Verdict: crashed

import ctypes


def scale(x, factor):
    ctypes.memset(0, 0, 1)
