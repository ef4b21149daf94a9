"""The model trains on undisturbed: only the averages move."""

import torch


class EMA:
    def __init__(self, params, decay=0.999):
        self.decay = decay
        self.shadow = [p.detach().clone() for p in params]

    @torch.no_grad()
    def update(self, params):
        for s, p in zip(self.shadow, params, strict=True):
            p.mul_(1 - self.decay).add_(s, alpha=self.decay)
            s.copy_(p)
