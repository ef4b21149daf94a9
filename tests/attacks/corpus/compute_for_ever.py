# Attack: an endless loop that blocks every signal
# Verdict: timeout

import signal

signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))


def scale(x, factor):
    while True:
        pass
