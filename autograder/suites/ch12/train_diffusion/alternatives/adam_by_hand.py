"""Adam written out; a whole epoch's noise and times drawn at once."""

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
    params = list(model.parameters())
    first, second = ([torch.zeros_like(p) for p in params] for _ in range(2))
    n, step, losses = len(data), 0, []
    steps = epochs * -(-n // batch_size)
    model.train()
    for _ in range(epochs):
        order = torch.randperm(n, generator=generator)
        noise = torch.randn(data.shape, generator=generator)
        t = torch.randint(0, len(alpha_bar), (n,), generator=generator)
        kept = torch.rand(n, generator=generator) >= p_drop
        left = alpha_bar[t].to(data.dtype).reshape(n, *[1] * (data.dim() - 1))
        noised = left.sqrt() * data + (1 - left).sqrt() * noise
        told = None if labels is None else torch.where(kept, labels, torch.tensor(null_label))
        batch_losses = []
        for start in range(0, n, batch_size):
            rows = order[start : start + batch_size]
            inputs = (noised[rows], t[rows]) if told is None else (noised[rows], t[rows], told[rows])
            loss = (model(*inputs) - noise[rows]).pow(2).mean()
            gradients = torch.autograd.grad(loss, params)
            rate, step = lr * (1 - step / steps), step + 1
            with torch.no_grad():
                for p, g, m, v in zip(params, gradients, first, second, strict=True):
                    m.lerp_(g, 0.1)
                    v.mul_(0.999).addcmul_(g, g, value=0.001)
                    p -= rate * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)
            batch_losses.append((loss.item(), len(rows)))
        losses.append(sum(value * size for value, size in batch_losses) / n)
    return losses
