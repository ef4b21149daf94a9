"""One module a layer; the stages are computed by name, and the output is the last of them."""

import torch
from torch import nn


class LeNet5(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5)
        self.s2 = nn.AvgPool2d(2)
        self.c3 = nn.Conv2d(6, 16, 5)
        self.s4 = nn.AvgPool2d(2)
        self.c5 = nn.Conv2d(16, 120, 5)
        self.f6 = nn.Linear(120, 84)
        self.output = nn.Linear(84, num_classes)

    def stages(self, x):
        c1 = torch.tanh(self.c1(x))
        s2 = self.s2(c1)
        c3 = torch.tanh(self.c3(s2))
        s4 = self.s4(c3)
        c5 = torch.tanh(self.c5(s4)).flatten(1)
        f6 = torch.tanh(self.f6(c5))
        output = self.output(f6)
        return {"c1": c1, "s2": s2, "c3": c3, "s4": s4, "c5": c5, "f6": f6, "output": output}

    def forward(self, x):
        return self.stages(x)["output"]
