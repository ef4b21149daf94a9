"""The stages are named attributes made by a helper; the average is a sum over places divided by their number."""

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
        first = widths[0]
        if stem == "imagenet":
            self.conv1 = nn.Conv2d(in_channels, first, (7, 7), (2, 2), (3, 3), bias=False)
        else:
            self.conv1 = nn.Conv2d(in_channels, first, (3, 3), (1, 1), (1, 1), bias=False)
        self.bn1 = nn.BatchNorm2d(first)
        self.after = nn.Sequential(nn.ReLU(), *([nn.MaxPool2d(3, 2, 1)] if stem == "imagenet" else []))
        inputs = [first] + [w * block.expansion for w in widths]
        for i, n in enumerate(blocks):
            out = widths[i] * block.expansion
            made = [
                block(out if j else inputs[i], widths[i], stride=2 if j == 0 and i else 1, **(options or {}))
                for j in range(n)
            ]
            self.__setattr__(f"layer{i + 1}", nn.Sequential(*made))
        self.fc = nn.Linear(widths[len(blocks) - 1] * block.expansion, num_classes)
        self.depth = len(blocks)

    def stages(self, x):
        ys = [self.after(self.bn1(self.conv1(x)))]
        for i in range(1, self.depth + 1):
            ys += [self._modules[f"layer{i}"](ys[-1])]
        return ys

    def forward(self, x):
        *_, top = self.stages(x)
        return self.fc(top.flatten(2).sum(2) / top[0, 0].numel())
