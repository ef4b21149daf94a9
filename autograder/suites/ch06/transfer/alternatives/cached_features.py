"""A frozen trunk is asked once: its features do not change."""

import torch
import torch.nn.functional as F
from torch import nn


def freeze(module):
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    module.train(False)


def descend(compute, labels, groups, steps):
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(compute(), labels)
        loss.backward()
        optimizer.step()
        scheduler.step()


def transfer(trunk, images, labels, num_classes, frozen=True, steps=100):
    freeze(trunk)
    with torch.no_grad():
        features = trunk(images)
    head = nn.Linear(features.shape[1], num_classes)
    head.load_state_dict({name: torch.zeros_like(value) for name, value in head.state_dict().items()})
    if frozen:
        descend(lambda: head(features), labels, [{"params": list(head.parameters()), "lr": 1e-2}], steps)
    else:
        for parameter in trunk.parameters():
            parameter.requires_grad_(True)
        trunk.train()
        groups = [
            {"params": list(trunk.parameters()), "lr": 5e-4},
            {"params": list(head.parameters()), "lr": 3e-3},
        ]
        descend(lambda: head(trunk(images)), labels, groups, steps)
    model = nn.Sequential(trunk, head)
    model.eval()
    return model
