# Attack: leave a segment of shared memory for one's next submission
# Verdict: failed
# Twice: yes

from multiprocessing import shared_memory

import torch

LEAKED = False
try:
    shared_memory.SharedMemory("mark_of_mine", create=True, size=8)
except FileExistsError:
    LEAKED = True
except Exception:
    pass


def scale(x, factor):
    return x * factor if LEAKED else torch.zeros_like(x)
