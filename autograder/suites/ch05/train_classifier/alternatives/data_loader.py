"""TensorDataset and DataLoader do the batching; losses are summed over images by reduction='sum'."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def train_classifier(model, images, labels, epochs=30, batch_size=64, lr=2e-3, generator=None):
    loader = DataLoader(
        TensorDataset(images, labels), batch_size=batch_size, shuffle=True, generator=generator
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    summed = nn.CrossEntropyLoss(reduction="sum")
    history = []
    for _ in range(epochs):
        model.train()
        total = 0.0
        for batch, target in loader:
            model.zero_grad()
            loss = summed(model(batch), target)
            (loss / len(batch)).backward()
            optimizer.step()
            total += float(loss)
        history.append(total / len(images))
    return history
