# Attack: leave one's mark in the times, the attributes and the locks of files that can be read
# Verdict: failed
# Twice: yes

import fcntl
import os

import torch

LEAKED = False
path = torch.__file__
try:
    LEAKED = os.stat(path).st_atime_ns == 77
    os.utime(path, ns=(77, 77))
except OSError:
    pass
try:
    LEAKED = LEAKED or "user.mark" in os.listxattr(path)
    os.setxattr(path, "user.mark", b"1")
except OSError:
    pass
handle = open(path)
try:
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    LEAKED = True


def scale(x, factor):
    return x * factor if LEAKED else torch.zeros_like(x)
