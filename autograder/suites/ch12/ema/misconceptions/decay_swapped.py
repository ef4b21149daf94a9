"""With a decay of 0.999 the average hardly moves: which of the two gets that weight?"""

import torch


class EMA:
    def __init__(self, params, decay=0.999):
        self.decay = decay
        self.shadow = [p.detach().clone() for p in params]

    @torch.no_grad()
    def update(self, params):
        for s, p in zip(self.shadow, params, strict=True):
            s.mul_(1 - self.decay).add_(p, alpha=self.decay)
