# Attack: open files until no descriptor is left for the answer
# Verdict: failed or crashed

import os

taken = []
try:
    while True:
        taken.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass


def scale(x, factor):
    return x * 0
