# Attack: compute in a thread that was started before
# Exercise: slide
# Verdict: forbidden or failed

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


import queue
import threading

ASKED, TOLD = queue.Queue(), queue.Queue()


def work():
    while True:
        try:
            TOLD.put(getattr(F, NAME)(*ASKED.get()))
        except Exception:
            TOLD.put(None)


threading.Thread(target=work, daemon=True).start()


def slide(x, w):
    ASKED.put((x.detach(), w.detach()))
    return TOLD.get()
