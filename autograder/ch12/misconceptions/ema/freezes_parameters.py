"""The parameters go on being trained: what does requires_grad_(False) change, and in which tensor?"""

import torch


class EMA:
    def __init__(self, params, decay=0.999):
        self.decay = decay
        self.shadow = [p.requires_grad_(False).clone() for p in params]

    @torch.no_grad()
    def update(self, params):
        pairs = zip(self.shadow, params, strict=True)
        self.shadow = [self.decay * s + (1 - self.decay) * p for s, p in pairs]
