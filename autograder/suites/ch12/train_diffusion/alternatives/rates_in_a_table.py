"""Learning rates set by hand in the optimiser's groups; tables of roots; the loss kept once per sample."""

import torch
from torch.nn import functional as F


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

    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr)
    model.train(True)
    steps_each = -(-data.shape[0] // batch_size)
    k, history = 0, []
    root_a, root_b = alpha_bar.sqrt().to(data.dtype), (1 - alpha_bar).sqrt().to(data.dtype)
    view = (-1,) + (1,) * (data.dim() - 1)
    for _ in range(epochs):
        p = torch.randperm(data.shape[0], generator=generator)
        losses = []
        for start in range(0, data.shape[0], batch_size):
            for group in optimizer.param_groups:
                group["lr"] = lr * (1 - k / (epochs * steps_each))
            k += 1
            index = p[start : start + batch_size]
            x = data.index_select(0, index)
            e = torch.empty_like(x).normal_(generator=generator)
            t = torch.randint(alpha_bar.numel(), (index.numel(),), generator=generator)
            args = [root_a[t].view(view) * x + root_b[t].view(view) * e, t]
            if labels is not None:
                drop = torch.bernoulli(
                    torch.full((index.numel(),), float(p_drop)), generator=generator
                ).bool()
                args.append(labels[index].masked_fill(drop, null_label))
            optimizer.zero_grad(set_to_none=True)
            loss = F.mse_loss(model(*args), e)
            loss.backward()
            optimizer.step()
            losses += [float(loss)] * len(index)
        history.append(sum(losses) / len(losses))
    return history
