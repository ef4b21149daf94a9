"""One Sequential per stage, C5 as a dense layer on the flattened maps, stages filled in a loop."""

import torch
from torch import nn


class LeNet5(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.blocks = nn.ModuleDict(
            {
                "c1": nn.Sequential(nn.Conv2d(1, 6, kernel_size=(5, 5)), nn.Tanh()),
                "s2": nn.AvgPool2d(kernel_size=2, stride=2),
                "c3": nn.Sequential(nn.Conv2d(6, 16, 5), nn.Tanh()),
                "s4": nn.AvgPool2d(2),
                "c5": nn.Sequential(nn.Flatten(), nn.Linear(400, 120), nn.Tanh()),
                "f6": nn.Sequential(nn.Linear(120, 84), nn.Tanh()),
                "output": nn.Linear(84, num_classes),
            }
        )

    def stages(self, x):
        found = {}
        for name, block in self.blocks.items():
            x = found[name] = block(x)
        return found

    def forward(self, x):
        for block in self.blocks.values():
            x = block(x)
        return x
