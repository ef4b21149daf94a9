"""One Sequential, whose stages are collected by forward hooks."""

from torch import nn


class LeNet5(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 6, 5),
            nn.Tanh(),
            nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.Tanh(),
            nn.AvgPool2d(2),
            nn.Conv2d(16, 120, 5),
            nn.Tanh(),
            nn.Flatten(),
            nn.Linear(120, 84),
            nn.Tanh(),
            nn.Linear(84, num_classes),
        )

    def stages(self, x):
        places = {"c1": 1, "s2": 2, "c3": 4, "s4": 5, "c5": 8, "f6": 10, "output": 11}
        seen = {}
        hooks = [
            self.body[at].register_forward_hook(lambda m, i, o, name=name: seen.__setitem__(name, o))
            for name, at in places.items()
        ]
        try:
            self.body(x)
        finally:
            for hook in hooks:
                hook.remove()
        return seen

    def forward(self, x):
        return self.body(x)
