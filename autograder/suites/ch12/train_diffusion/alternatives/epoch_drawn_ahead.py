"""Times, noise and dropped labels of a whole epoch drawn ahead; the epoch's loss from the squared errors themselves."""

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

    N = len(data)
    per_epoch = (N + batch_size - 1) // batch_size
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    sched = torch.optim.lr_scheduler.LinearLR(
        opt, start_factor=1.0, end_factor=0.0, total_iters=per_epoch * epochs
    )
    model.train()
    out = []
    for _ in range(epochs):
        t_all = torch.randint(0, alpha_bar.shape[0], (N,), generator=generator)
        eps_all = torch.randn(data.shape, generator=generator).to(data.dtype)
        y_all = None
        if labels is not None:
            y_all = torch.where(torch.rand(N, generator=generator) < p_drop, null_label, labels)
        perm = torch.randperm(N, generator=generator)
        squares = torch.zeros((), dtype=torch.float64)
        for chunk in torch.split(perm, batch_size):
            a = alpha_bar[t_all[chunk]].reshape(-1, *[1] * (data.ndim - 1))
            xt = (a.sqrt() * data[chunk] + (1 - a).sqrt() * eps_all[chunk]).to(data.dtype)
            pred = model(xt, t_all[chunk]) if y_all is None else model(xt, t_all[chunk], y_all[chunk])
            err = (pred - eps_all[chunk]).pow(2)
            opt.zero_grad()
            err.mean().backward()
            opt.step()
            sched.step()
            squares += err.detach().double().flatten(1).mean(1).sum()
        out.append((squares / N).item())
    return out
