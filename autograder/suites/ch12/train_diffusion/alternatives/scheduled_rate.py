"""PyTorch's LinearLR makes the rate fall; every batch is noised where it is used."""

import math

import torch


def train_diffusion(
    model,
    data,
    alpha_bar,
    labels=None,
    null_label=None,
    epochs=150,
    batch_size=128,
    lr=4e-3,
    p_drop=0.1,
    generator=None,
):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    steps = epochs * math.ceil(len(data) / batch_size)
    falling = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=steps)
    T, history = len(alpha_bar), []
    model.train()
    for _ in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(data), generator=generator).split(batch_size):
            x0 = data[rows]
            t = torch.randint(0, T, (len(rows),), generator=generator)
            noise = torch.randn(x0.shape, generator=generator)
            a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1)).float()
            x_t = a.sqrt() * x0 + (1 - a).sqrt() * noise
            if labels is None:
                prediction = model(x_t, t)
            else:
                dropped = torch.rand(len(rows), generator=generator) < p_drop
                prediction = model(x_t, t, labels[rows].masked_fill(dropped, null_label))
            loss = ((prediction - noise) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            falling.step()
            total += loss.item() * len(rows)
        history.append(total / len(data))
    return history
