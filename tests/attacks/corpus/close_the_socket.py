# Attack: close every descriptor
# Verdict: crashed

import os


def scale(x, factor):
    os.closerange(0, 1024)
    os._exit(0)
