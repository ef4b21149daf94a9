"""The plan of all blocks first, as a list; then modules from it."""

import torch.nn.functional as F
from torch import nn


def plan(blocks, widths, expansion):
    channels = widths[0]
    for stage, (number, width) in enumerate(zip(blocks, widths, strict=False), start=1):
        strides = [1 if stage == 1 else 2] + [1] * (number - 1)
        for stride in strides:
            yield stage, channels, width, stride
            channels = width * expansion


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
        options = {} if options is None else options
        self.small = stem == "cifar"
        settings = (3, 1, 1) if self.small else (7, 2, 3)
        self.conv1 = nn.Conv2d(in_channels, widths[0], *settings, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        width = widths[0]
        for stage, c_in, width, stride in plan(blocks, widths, block.expansion):
            name = f"layer{stage}"
            if not hasattr(self, name):
                self.add_module(name, nn.Sequential())
            self.get_submodule(name).append(block(c_in, width, stride=stride, **options))
        self.fc = nn.Linear(width * block.expansion, num_classes)

    def stages(self, x):
        x = self.bn1(self.conv1(x)).relu()
        outputs = [x if self.small else F.max_pool2d(x, kernel_size=3, stride=2, padding=1)]
        for name, stage in self.named_children():
            if name.startswith("layer"):
                outputs.append(stage(outputs[-1]))
        return outputs

    def forward(self, x):
        return self.fc(F.adaptive_avg_pool2d(self.stages(x)[-1], 1)[:, :, 0, 0])
