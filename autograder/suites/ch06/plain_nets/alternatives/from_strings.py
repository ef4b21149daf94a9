"""Both networks made by one function from a list of what comes when."""

from torch import nn


def make(c, plan):
    """ "P" ends a stage; a tuple is (channels, kernel, stride, padding); "p" is a 2x2 pooling that ends one."""
    stages, layers = [], []
    for item in plan:
        if isinstance(item, tuple):
            out, *settings = item
            layers += [nn.Conv2d(c, out, *settings), nn.ReLU()]
            c = out
        else:
            layers.append(nn.MaxPool2d(3, 2) if item == "P" else nn.MaxPool2d(2, 2))
            stages.append(nn.Sequential(*layers))
            layers = []
    return nn.ModuleList(stages)


def vgg_stage(c_in, c_out, convs):
    return make(c_in, [*[(c_out, 3, 1, 1)] * convs, "p"])[0]


class Staged(nn.Module):
    def stages(self, x):
        outputs = []
        for stage in self.parts:
            outputs.append(stage(outputs[-1] if outputs else x))
        return outputs

    def forward(self, x):
        return self.head(self.stages(x).pop().flatten(1))


class VGG(Staged):
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
        plan = []
        for width, convs in table:
            plan += [(width, 3, 1, 1)] * convs + ["p"]
        self.parts = make(in_channels, plan)
        for _ in table:
            size //= 2
        dense, below = [], table[-1][0] * size * size
        for _ in range(2):
            dense += [nn.Linear(below, hidden), nn.ReLU(), nn.Dropout(dropout)]
            below = hidden
        self.head = nn.Sequential(*dense, nn.Linear(hidden, num_classes))


class AlexNet(Staged):
    def __init__(self, num_classes=1000, width=64, dropout=0.5):
        super().__init__()
        w = width
        plan = [
            (w, 11, 4, 2),
            "P",
            (3 * w, 5, 1, 2),
            "P",
            (6 * w, 3, 1, 1),
            (4 * w, 3, 1, 1),
            (4 * w, 3, 1, 1),
            "P",
        ]
        self.parts = make(3, plan)
        dense = [nn.Dropout(dropout), nn.Linear(4 * w * 6 * 6, 64 * w), nn.ReLU()]
        dense += [nn.Dropout(dropout), nn.Linear(64 * w, 64 * w), nn.ReLU(), nn.Linear(64 * w, num_classes)]
        self.head = nn.Sequential(*dense)
