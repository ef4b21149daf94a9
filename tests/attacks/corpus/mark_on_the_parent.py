# Attack: leave one's mark in the priority, the limits and the processors of the process that forked this one
# Verdict: failed
# Twice: yes

import os
import resource

import torch

LEAKED = False
parent = os.getppid()
for leave in (
    lambda: os.setpriority(os.PRIO_PROCESS, parent, 7),
    lambda: os.sched_setaffinity(parent, {0}),
    lambda: resource.prlimit(parent, resource.RLIMIT_CORE, (0, 0)),
):
    try:
        leave()
    except OSError:
        pass
try:
    LEAKED = parent > 1 and os.getpriority(os.PRIO_PROCESS, 0) == 7
except OSError:
    pass


def scale(x, factor):
    return x * factor if LEAKED else torch.zeros_like(x)
