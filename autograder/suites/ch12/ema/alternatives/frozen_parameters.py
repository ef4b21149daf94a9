"""A module, whose averages are parameters that need no gradient."""

import torch
from torch import nn


class EMA(nn.Module):
    def __init__(self, params, decay=0.999):
        super().__init__()
        self.shadow = [nn.Parameter(p.detach().clone(), requires_grad=False) for p in params]
        self.decay = decay

    @torch.no_grad()
    def update(self, params):
        for s, p in zip(self.shadow, params, strict=False):
            s.add_((1 - self.decay) * (p - s))
