"""One loop over all steps instead of two, drawing from a stream of batches; a rate made by a function of the step."""

import math

import torch
from torch import optim


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
    count, T = data.size(0), alpha_bar.numel()
    batches = math.ceil(count / batch_size)
    total = epochs * batches

    def stream():
        for _ in range(epochs):
            order = torch.rand(count, generator=generator).argsort()  # distinct keys but for a chance of 1e-4
            for k in range(batches):
                yield order[k * batch_size : (k + 1) * batch_size]

    model.train()
    optimizer = optim.Adam(model.parameters(), lr=1.0)
    rate = optim.lr_scheduler.LambdaLR(optimizer, lambda k: lr * (1 - k / total))
    angle = alpha_bar.sqrt().arccos()  # x_t = cos x_0 + sin noise
    summed = torch.zeros(epochs, dtype=torch.float64)
    for k, rows in enumerate(stream()):
        clean = data[rows]
        times = (torch.rand(len(rows), generator=generator, dtype=torch.float64) * T).long()
        phi = angle[times].to(data.dtype)[(...,) + (None,) * (data.dim() - 1)]
        noise = torch.normal(torch.zeros_like(clean), torch.ones_like(clean), generator=generator)
        told = {}
        if labels is not None:
            keep = torch.rand(len(rows), generator=generator).ge(p_drop).long()
            told["y"] = keep * labels[rows] + (1 - keep) * null_label
        error = model(phi.cos() * clean + phi.sin() * noise, t=times, **told) - noise
        loss = torch.linalg.vector_norm(error) ** 2 / error.numel()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rate.step()
        summed[k // batches] += loss.item() * len(rows)
    return [float(value) for value in summed / count]
