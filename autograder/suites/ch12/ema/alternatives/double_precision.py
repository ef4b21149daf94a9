"""Averages in double precision, kept in that of the parameters."""

import torch


class EMA:
    def __init__(self, params, decay=0.999):
        self.shadow, self.decay = [p.detach().clone() for p in params], decay

    @torch.no_grad()
    def update(self, params):
        for index, p in enumerate(params):
            s = self.shadow[index]
            self.shadow[index] = (s.double() * self.decay + p.detach().double() * (1 - self.decay)).to(
                s.dtype
            )
