"""Shuffles a list of indices, steps before it clears gradients, and gives the model back in the mode it came in."""

import torch
import torch.nn.functional as F


def train_classifier(model, images, labels, epochs=30, batch_size=64, lr=2e-3, generator=None):
    was_training = model.training
    model.train(True)
    optimizer = torch.optim.Adam(model.parameters(), lr, fused=False, foreach=False)
    optimizer.zero_grad()
    count = images.size(0)
    history = [0.0] * epochs
    for epoch in range(epochs):
        indices = torch.rand(count, generator=generator).argsort().tolist()
        while indices:
            batch, indices = indices[:batch_size], indices[batch_size:]
            loss = F.nll_loss(F.log_softmax(model(images[batch]), -1), labels[batch])
            loss.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=False)
            history[epoch] += loss.item() * (len(batch) / count)
    model.train(was_training)
    return history
