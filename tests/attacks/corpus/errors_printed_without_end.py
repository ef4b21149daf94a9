# Attack: write to the streams for output and errors without end
# Verdict: timeout

import sys


def scale(x, factor):
    while True:
        print("a" * 4096)
        print("a" * 4096, file=sys.stderr)
