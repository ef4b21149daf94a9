"""The network is a class whose train() leaves a frozen trunk alone; the rate by a LambdaLR."""

import math

import torch
from torch import nn


def freeze(module):
    module.eval()
    for p in module.parameters():
        p.requires_grad = False


class Classifier(nn.Module):
    def __init__(self, trunk, width, num_classes, frozen):
        super().__init__()
        self.trunk, self.frozen = trunk, frozen
        self.head = nn.Linear(width, num_classes)
        nn.init.constant_(self.head.weight, 0.0)
        nn.init.constant_(self.head.bias, 0.0)

    def train(self, mode=True):
        super().train(mode)
        if self.frozen:
            self.trunk.eval()
        return self

    def forward(self, x):
        return self.head(self.trunk(x))


def transfer(trunk, images, labels, num_classes, frozen=True, steps=100):
    trunk.eval()
    width = trunk(images[:1]).size(-1)
    if frozen:
        freeze(trunk)
    else:
        for p in trunk.parameters():
            p.requires_grad = True
    model = Classifier(trunk, width, num_classes, frozen)
    groups = [{"params": model.head.parameters(), "lr": 1e-2 if frozen else 3e-3}]
    if not frozen:
        groups.append({"params": trunk.parameters(), "lr": 5e-4})
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    cosine = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda k: 0.5 * (1 + math.cos(math.pi * k / max(1, steps)))
    )
    loss_function = nn.CrossEntropyLoss()
    model.train()
    for _ in range(steps):
        loss = loss_function(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        cosine.step()
    model.eval()
    return model
