"""Orders from sorted noise, gradients from autograd.grad, the loss kept for each image."""

import torch
import torch.nn.functional as F


def train_classifier(model, images, labels, epochs=30, batch_size=64, lr=2e-3, generator=None):
    params = [p for p in model.parameters() if p.requires_grad]
    adam = torch.optim.Adam(params, lr=lr, betas=(0.9, 0.999), eps=1e-8)
    result = []
    for _ in range(epochs):
        model.train()
        order = torch.rand(images.size(0), generator=generator, dtype=torch.float64).argsort()
        x, y = images[order], labels[order]
        costs = torch.empty(0)
        for start in range(0, len(order), batch_size):
            each = F.cross_entropy(
                model(x[start : start + batch_size]), y[start : start + batch_size], reduction="none"
            )
            grads = torch.autograd.grad(each.mean(), params)
            for p, g in zip(params, grads, strict=True):
                p.grad = g
            adam.step()
            costs = torch.cat([costs, each.detach()])
        result.append(float(costs.mean()))
    return result
