# Attack: end the process with exit code 0 in the middle of a call
# Verdict: crashed

import os


def scale(x, factor):
    os._exit(0)
