"""The average starts at the parameters, so nothing has to be corrected."""

import torch


class EMA:
    def __init__(self, params, decay=0.999):
        self.decay, self.steps = decay, 0
        self.shadow = [p.detach().clone() for p in params]

    @torch.no_grad()
    def update(self, params):
        self.steps += 1
        for s, p in zip(self.shadow, params, strict=True):
            s.mul_(self.decay).add_(p, alpha=1 - self.decay).div_(1 - self.decay**self.steps + 1e-12)
