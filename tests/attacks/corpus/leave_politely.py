# Attack: SystemExit instead of an answer
# Verdict: failed

import sys


def scale(x, factor):
    sys.exit(0)
