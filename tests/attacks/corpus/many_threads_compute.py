# Attack: compute in many threads at once, so that CPU time runs faster than the clock
# Verdict: timeout

import threading

import torch


def scale(x, factor):
    def work():
        big = torch.ones(512, 512)
        while True:
            big = big @ big

    threads = [threading.Thread(target=work, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
