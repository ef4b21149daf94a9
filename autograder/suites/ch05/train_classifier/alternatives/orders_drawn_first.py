"""All orders are drawn before training, a running mean of the losses; leaves the model in evaluation mode."""

import torch
from torch import nn


def train_classifier(model, images, labels, epochs=30, batch_size=64, lr=2e-3, generator=None):
    n = len(images)
    orders = [
        torch.multinomial(torch.ones(n), n, replacement=False, generator=generator) for _ in range(epochs)
    ]
    opt = torch.optim.Adam(model.parameters(), lr=lr, foreach=False)
    model.train()
    losses = []
    for order in orders:
        running, seen = 0.0, 0
        for b in range(-(-n // batch_size)):
            pick = order[b * batch_size : (b + 1) * batch_size].tolist()
            loss = nn.functional.cross_entropy(model(images[pick]), labels[pick])
            opt.zero_grad()
            loss.backward()
            opt.step()
            k = len(pick)
            running += (loss.item() - running) * k / (seen + k)
            seen += k
        losses.append(running)
    model.eval()
    return losses
