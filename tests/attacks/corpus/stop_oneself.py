# Attack: stop the process with a signal
# Verdict: timeout

import os
import signal


def scale(x, factor):
    os.kill(os.getpid(), signal.SIGSTOP)
