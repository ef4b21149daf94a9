"""Gradients by torch.autograd.grad, Adam written out, log-softmax and gather for the loss, a shuffled copy an epoch."""

import torch


def train_classifier(model, images, labels, epochs=30, batch_size=64, lr=2e-3, generator=None):
    model.train()
    parameters = [p for p in model.parameters() if p.requires_grad]
    first = [torch.zeros_like(p) for p in parameters]
    second = [torch.zeros_like(p) for p in parameters]
    step, means = 0, []
    for _ in range(epochs):
        order = torch.randperm(labels.numel(), generator=generator)
        shuffled, targets = images[order], labels[order]
        per_image = []
        for start in range(0, len(order), batch_size):
            log_probs = model(shuffled[start : start + batch_size]).log_softmax(dim=1)
            losses = -log_probs.gather(1, targets[start : start + batch_size].unsqueeze(1)).squeeze(1)
            grads = torch.autograd.grad(losses.mean(), parameters)
            per_image.append(losses.detach())
            step += 1
            with torch.no_grad():
                for p, g, m, v in zip(parameters, grads, first, second, strict=True):
                    m.lerp_(g, 0.1)
                    v.lerp_(g * g, 0.001)
                    p -= lr * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)
        means.append(torch.cat(per_image).mean().item())
    model.eval()
    return means
