"""All layers in one flat sequence, as libraries have them; stages are cut where a pooling ends."""

import torch
from torch import nn


def vgg_stage(c_in, c_out, convs):
    layers = []
    for _ in range(convs):
        layers.append(nn.Conv2d(c_in, c_out, kernel_size=3, padding=1))
        layers.append(nn.ReLU(inplace=True))
        c_in = c_out
    layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
    return nn.Sequential(*layers)


class _Flat(nn.Module):
    def stages(self, x):
        found = []
        for layer in self.features:
            x = layer(x)
            if isinstance(layer, nn.MaxPool2d):
                found.append(x)
        return found

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


class VGG(_Flat):
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
        layers, c = [], in_channels
        for width, convs in table:
            layers.extend(vgg_stage(c, width, convs))
            c = width
            size = size // 2
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Linear(c * size * size, hidden),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(hidden, num_classes),
        )


class AlexNet(_Flat):
    def __init__(self, num_classes=1000, width=64, dropout=0.5):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, width, kernel_size=11, stride=4, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(width, width * 3, kernel_size=5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(width * 3, width * 6, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(width * 6, width * 4, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(width * 4, width * 4, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(p=dropout),
            nn.Linear(width * 4 * 6 * 6, width * 64),
            nn.ReLU(inplace=True),
            nn.Dropout(p=dropout),
            nn.Linear(width * 64, width * 64),
            nn.ReLU(inplace=True),
            nn.Linear(width * 64, num_classes),
        )

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))
