"""Small helpers, in place on copies."""

import torch


def train_rbm(data, parameters, n_updates, batch_size=30, lr=0.1, k=1, persistent=True, generator=None):
    W, a, c = (p.detach().clone() for p in parameters)

    def up(v):
        return torch.sigmoid(torch.addmm(c, v, W))

    def sample(p):
        return (torch.rand(p.shape, generator=generator, dtype=p.dtype) < p).to(p.dtype)

    chains = None
    for i in range(n_updates):
        rows = torch.randint(0, data.shape[0], (batch_size,), generator=generator)
        v0 = data[rows]
        if chains is None or not persistent:
            chains = v0.clone()
        for _ in range(k):
            chains = sample(torch.sigmoid(torch.addmm(a, sample(up(chains)), W.t())))
        p0, pk = up(v0), up(chains)
        eta = lr * (n_updates - i) / n_updates
        W += eta * (v0.t() @ p0 - chains.t() @ pk) / batch_size
        a += eta * (v0.mean(0) - chains.mean(0))
        c += eta * (p0.mean(0) - pk.mean(0))
    return W, a, c
