# Attack: leave a System V segment, which no process has to hold, for one's next submission
# Verdict: failed
# Twice: yes

import ctypes

import torch

libc = ctypes.CDLL(None, use_errno=True)
LEAKED = libc.shmget(0x5EED, 8, 0o600) >= 0
libc.shmget(0x5EED, 8, 0o1000 | 0o600)


def scale(x, factor):
    return x * factor if LEAKED else torch.zeros_like(x)
