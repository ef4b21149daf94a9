"""Layers with weights as modules, everything else from torch.nn.functional."""

import torch.nn.functional as F
from torch import nn


class Stage(nn.Module):
    def __init__(self, c_in, c_out, convs):
        super().__init__()
        widths = [c_in] + [c_out] * convs
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding="same") for a, b in zip(widths, widths[1:], strict=False)
        )

    def forward(self, x):
        for conv in self.convs:
            x = F.relu(conv(x))
        return F.max_pool2d(x, 2)


def vgg_stage(c_in, c_out, convs):
    return Stage(c_in, c_out, convs)


class VGG(nn.Module):
    def __init__(
        self,
        table=((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)),
        hidden=4096,
        num_classes=1000,
        in_channels=3,
        size=224,
        dropout=0.5,
    ):
        super().__init__()
        self.p, below = dropout, in_channels
        for i, (width, convs) in enumerate(table):
            self.add_module(f"stage{i}", Stage(below, width, convs))
            below, size = width, size // 2
        self.depth = len(table)
        self.fc1, self.fc2 = nn.Linear(below * size**2, hidden), nn.Linear(hidden, hidden)
        self.fc3 = nn.Linear(hidden, num_classes)

    def stages(self, x):
        outputs = [x]
        for i in range(self.depth):
            outputs.append(getattr(self, f"stage{i}")(outputs[-1]))
        return outputs[1:]

    def forward(self, x):
        x = self.stages(x)[-1].reshape(len(x), -1)
        for layer in (self.fc1, self.fc2):
            x = F.dropout(layer(x).relu(), self.p, self.training)
        return self.fc3(x)


class AlexNet(nn.Module):
    def __init__(self, num_classes=1000, width=64, dropout=0.5):
        super().__init__()
        self.p = dropout
        self.c1 = nn.Conv2d(3, width, 11, stride=4, padding=2)
        self.c2 = nn.Conv2d(width, 3 * width, 5, padding=2)
        self.c3 = nn.Conv2d(3 * width, 6 * width, 3, padding=1)
        self.c4 = nn.Conv2d(6 * width, 4 * width, 3, padding=1)
        self.c5 = nn.Conv2d(4 * width, 4 * width, 3, padding=1)
        self.f6, self.f7 = nn.Linear(144 * width, 64 * width), nn.Linear(64 * width, 64 * width)
        self.f8 = nn.Linear(64 * width, num_classes)

    def stages(self, x):
        p1 = F.max_pool2d(F.relu(self.c1(x)), 3, 2)
        p2 = F.max_pool2d(F.relu(self.c2(p1)), 3, 2)
        h = F.relu(self.c5(F.relu(self.c4(F.relu(self.c3(p2))))))
        return [p1, p2, F.max_pool2d(h, 3, 2)]

    def forward(self, x):
        h = self.stages(x)[2].flatten(1)
        h = F.relu(self.f6(F.dropout(h, self.p, self.training)))
        h = F.relu(self.f7(F.dropout(h, self.p, self.training)))
        return self.f8(h)
