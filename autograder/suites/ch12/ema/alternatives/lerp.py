"""Each average moves a share of the way to its parameter."""

import torch


class EMA:
    def __init__(self, params, decay=0.999):
        self.rate = 1 - decay
        self.shadow = [p.data.clone() for p in params]

    def update(self, params):
        for i, p in enumerate(params):
            self.shadow[i] += self.rate * (p.data - self.shadow[i])
