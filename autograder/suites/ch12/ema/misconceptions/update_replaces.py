"""An update moves the average a little; yours is the parameter itself afterwards."""

import torch


class EMA:
    def __init__(self, params, decay=0.999):
        self.decay = decay
        self.shadow = [p.detach().clone() for p in params]

    @torch.no_grad()
    def update(self, params):
        for s, p in zip(self.shadow, params, strict=True):
            s.copy_(p)
