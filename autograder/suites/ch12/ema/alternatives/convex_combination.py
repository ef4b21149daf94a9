"""New tensors at every update."""

import torch


class EMA:
    def __init__(self, params, decay=0.999):
        self.shadow, self.decay = [], decay
        for p in params:
            self.shadow.append(torch.empty_like(p).copy_(p).detach())

    def update(self, params):
        with torch.no_grad():
            values = [
                self.decay * s + (1 - self.decay) * p for s, p in zip(self.shadow, list(params), strict=True)
            ]
        self.shadow = values
