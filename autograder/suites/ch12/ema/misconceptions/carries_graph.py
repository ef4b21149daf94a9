"""The averages are plain numbers: what keeps the graph of every update alive?"""

import torch


class EMA:
    def __init__(self, params, decay=0.999):
        self.decay = decay
        self.shadow = [p.detach().clone() for p in params]

    def update(self, params):
        pairs = zip(self.shadow, params, strict=True)
        self.shadow = [self.decay * s + (1 - self.decay) * p for s, p in pairs]
