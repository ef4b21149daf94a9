"""As libraries write it: _make_layer keeps count of the channels in self."""

import torch
from torch import nn


class ResNet(nn.Module):
    def __init__(
        self,
        block,
        blocks,
        widths=(64, 128, 256, 512),
        stem="imagenet",
        num_classes=1000,
        in_channels=3,
        options=None,
    ):
        super().__init__()
        self.block, self.options = block, dict(options or {})
        self.inplanes = widths[0]
        if stem == "imagenet":
            self.conv1 = nn.Conv2d(in_channels, self.inplanes, kernel_size=7, stride=2, padding=3, bias=False)
            self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        else:
            self.conv1 = nn.Conv2d(in_channels, self.inplanes, kernel_size=3, padding=1, bias=False)
            self.maxpool = None
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.relu = nn.ReLU(inplace=True)
        self.number = len(blocks)
        for i in range(self.number):
            setattr(self, f"layer{i + 1}", self._make_layer(widths[i], blocks[i], stride=1 if i == 0 else 2))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(self.inplanes, num_classes)

    def _make_layer(self, width, number, stride):
        layers = [self.block(self.inplanes, width, stride=stride, **self.options)]
        self.inplanes = width * self.block.expansion
        for _ in range(1, number):
            layers.append(self.block(self.inplanes, width, stride=1, **self.options))
        return nn.Sequential(*layers)

    def stages(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        if self.maxpool is not None:
            x = self.maxpool(x)
        found = [x]
        for i in range(self.number):
            x = getattr(self, f"layer{i + 1}")(x)
            found.append(x)
        return found

    def forward(self, x):
        x = self.avgpool(self.stages(x)[-1])
        return self.fc(torch.flatten(x, 1))
