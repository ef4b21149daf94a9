# Attack: leave a key in the kernel's keyring for one's next submission
# Verdict: failed
# Twice: yes

import ctypes

import torch

libc = ctypes.CDLL(None, use_errno=True)
USER = -4  # the keyring of the user
LEAKED = libc.syscall(250, 10, USER, b"user", b"mark of mine", 0) > 0
libc.syscall(248, b"user", b"mark of mine", b"1", 1, USER)


def scale(x, factor):
    return x * factor if LEAKED else torch.zeros_like(x)
