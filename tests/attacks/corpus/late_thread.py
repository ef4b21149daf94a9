# Attack: a thread that goes on writing to the answering socket after the answer
# Verdict: protocol_violation or failed
# Spoils: triple, where the thread is slow to begin and its cell has ended

import os
import stat
import threading

import torch


def write():
    while True:
        for descriptor in range(3, 64):
            try:
                if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                    os.write(descriptor, b"passed")
            except OSError:
                pass


threading.Thread(target=write, daemon=True).start()


def scale(x, factor):
    return torch.zeros_like(x)
