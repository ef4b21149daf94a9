# Attack: leave a process that outlives this one and answers one's next submission
# Verdict: failed
# Twice: yes

import os
import socket

import torch

LEAKED = False
try:
    there = socket.socket(socket.AF_UNIX)
    there.connect("\0mark of mine")
    LEAKED = True
except Exception:
    pass
try:
    if os.fork() == 0:
        os.setsid()
        server = socket.socket(socket.AF_UNIX)
        server.bind("\0mark of mine")
        server.listen()
        while True:
            server.accept()
except Exception:
    pass


def scale(x, factor):
    return x * factor if LEAKED else torch.zeros_like(x)
