"""torch.distributions draws the mask; scaled afterwards."""

import torch
from torch import nn


class Dropout(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        if p < 0.0 or p > 1.0:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.keep = 1.0 - p
        self.law = torch.distributions.Bernoulli(probs=torch.tensor(self.keep))

    def forward(self, x):
        if self.training and self.keep < 1:
            mask = self.law.sample(x.shape).to(x)
            x = x * mask
            if self.keep > 0:
                x = x / self.keep
        return x
