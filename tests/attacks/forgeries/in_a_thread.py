# Attack: compute in another thread
# Exercise: slide
# Verdict: forbidden or failed

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


from concurrent.futures import ThreadPoolExecutor


def slide(x, w):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(getattr(F, NAME), x, w).result()
