# Attack: leave a message queue of the kernel's for one's next submission
# Verdict: failed
# Twice: yes

import ctypes

import torch

libc = ctypes.CDLL(None, use_errno=True)
LEAKED = libc.msgget(0x5EED, 0o600) >= 0
libc.msgget(0x5EED, 0o1000 | 0o600)


def scale(x, factor):
    return x * factor if LEAKED else torch.zeros_like(x)
