"""Layers made by setattr; weights by Xavier; the output comes first in the returned dictionary."""

import torch
from torch import nn


class LeNet5(nn.Module):
    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        sizes = (1, 6, 16, 120)
        for name, fan_in, fan_out in zip(("first", "second", "third"), sizes, sizes[1:], strict=False):
            setattr(self, name, nn.Conv2d(fan_in, fan_out, 5))
        self.hidden = nn.Linear(120, 84)
        self.head = nn.Linear(84, num_classes)
        self.pool = nn.AdaptiveAvgPool2d
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.xavier_uniform_(p)

    def forward(self, x):
        return self.stages(x)["output"]

    def stages(self, x):
        squash = nn.Tanh()
        c1 = squash(self.first(x))
        s2 = self.pool((14, 14))(c1)
        c3 = squash(self.second(s2))
        s4 = self.pool(5)(c3)
        c5 = squash(self.third(s4)).squeeze(3).squeeze(2)
        f6 = squash(self.hidden(c5))
        return {"output": self.head(f6), "f6": f6, "c5": c5, "s4": s4, "c3": c3, "s2": s2, "c1": c1}
