# Attack: sleep
# Verdict: timeout

import time


def scale(x, factor):
    time.sleep(10_000)
