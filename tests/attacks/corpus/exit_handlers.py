# Attack: answer from exit handlers and signal handlers
# Verdict: failed

import atexit
import os
import signal

import torch

atexit.register(lambda: os.write(1, b"passed"))
for number in range(1, signal.NSIG):
    try:
        signal.signal(number, lambda *_: None)
    except (OSError, ValueError):
        pass
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)


def scale(x, factor):
    return torch.zeros_like(x)
