# Attack: a timer that interrupts whatever waits, thousands of times a second
# Verdict: failed

import signal

signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 1e-4, 1e-4)


def scale(x, factor):
    return x * 0
