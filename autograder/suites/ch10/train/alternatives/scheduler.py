"""The rate as a LambdaLR, which asks once for each step; losses gathered as tensors."""

import torch


def fit(model, batches, loss_of, rate, decay=0.1, max_norm=1.0):
    rates = {}

    def factor(step):
        return rates.get(step, 0.0)

    matrices, vectors = [], []
    for value in model.parameters():
        if value.requires_grad:
            (matrices if value.ndim > 1 else vectors).append(value)
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": decay}] + ([{"params": vectors}] if vectors else []),
        lr=1.0,
        betas=(0.9, 0.95),
        weight_decay=0.0,
    )
    model.train()
    losses = []
    for step, batch in enumerate(batches):
        rates[step] = rate(step)
        for group in optimizer.param_groups:
            group["lr"] = factor(step)
        for value in matrices + vectors:
            value.grad = None
        loss = loss_of(model, batch)
        loss.backward()
        gradients = [v.grad for v in matrices + vectors if v.grad is not None]
        total = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in gradients]))
        scale = torch.clamp(max_norm / (total + 1e-6), max=1.0)
        for gradient in gradients:
            gradient.mul_(scale)
        optimizer.step()
        losses.append(loss.detach())
    return [float(loss) for loss in losses]
