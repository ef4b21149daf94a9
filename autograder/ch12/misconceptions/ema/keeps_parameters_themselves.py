"""The averages must be tensors of their own, apart from the model and its gradients."""

import torch


class EMA:
    def __init__(self, params, decay=0.999):
        self.decay = decay
        self.shadow = list(params)

    @torch.no_grad()
    def update(self, params):
        for s, p in zip(self.shadow, params, strict=True):
            s.data.mul_(self.decay).add_(p.detach(), alpha=1 - self.decay)
