"""Copies that each update scales and adds to in place."""

import torch


class EMA:
    def __init__(self, params, decay=0.999):
        self.decay = decay
        self.shadow = [p.detach().clone() for p in params]

    @torch.no_grad()
    def update(self, params):
        for s, p in zip(self.shadow, params, strict=True):
            s.mul_(self.decay).add_(p, alpha=1 - self.decay)
