"""One optimiser for the head and one for the trunk, rates set by hand."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def freeze(module):
    module.requires_grad_(False).eval()


def transfer(trunk, images, labels, num_classes, frozen=True, steps=100):
    was = trunk.training
    trunk.eval()
    with torch.inference_mode():
        width = trunk(images[:1]).numel()
    trunk.train(was)
    head = nn.Linear(width, num_classes)
    with torch.no_grad():
        for p in head.parameters():
            p.zero_()
    rates = {}
    if frozen:
        freeze(trunk)
        rates[torch.optim.AdamW(head.parameters(), lr=1e-2, weight_decay=0.01)] = 1e-2
    else:
        trunk.requires_grad_(True).train()
        rates[torch.optim.AdamW(head.parameters(), lr=3e-3, weight_decay=0.01)] = 3e-3
        rates[torch.optim.AdamW(trunk.parameters(), lr=5e-4, weight_decay=0.01)] = 5e-4
    for step in range(steps):
        for optimizer, rate in rates.items():
            optimizer.zero_grad()
            for group in optimizer.param_groups:
                group["lr"] = rate * (1 + math.cos(math.pi * step / steps)) / 2
        F.cross_entropy(head(trunk(images)), labels).backward()
        for optimizer in rates:
            optimizer.step()
    return nn.Sequential(trunk, head).eval()
