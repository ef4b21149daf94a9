"""TensorDataset and DataLoader do the batching; labels are always there, all of them null if none are given."""

import torch
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset


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
    signal, level = alpha_bar.sqrt().float(), (1 - alpha_bar).sqrt().float()
    parts = (data,) if labels is None else (data, labels)
    loader = DataLoader(TensorDataset(*parts), batch_size=batch_size, shuffle=True, generator=generator)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.0)
    fall = torch.optim.lr_scheduler.PolynomialLR(optimizer, total_iters=epochs * len(loader), power=1.0)
    model.train()
    losses = []
    for _ in range(epochs):
        sums, count = 0.0, 0
        for x0, *condition in loader:
            noise = torch.empty_like(x0).normal_(generator=generator)
            t = torch.randint(len(alpha_bar), x0.shape[:1], generator=generator)
            ones = [1] * (x0.dim() - 1)
            x_t = signal[t].view(-1, *ones) * x0 + level[t].view(-1, *ones) * noise
            if condition:
                (y,) = condition
                gone = torch.bernoulli(torch.full(y.shape, p_drop), generator=generator).bool()
                condition = [y.masked_fill(gone, null_label)]
            loss = functional.mse_loss(model(x_t, t, *condition), noise, reduction="sum") / noise.numel()
            model.zero_grad()
            loss.backward()
            optimizer.step()
            fall.step()
            sums, count = sums + float(loss) * len(x0), count + len(x0)
        losses.append(sums / count)
    return losses
