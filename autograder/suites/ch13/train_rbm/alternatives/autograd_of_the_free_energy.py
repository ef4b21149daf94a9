"""The free energy's difference is differentiated, and plain gradient descent moves the parameters."""

import torch
import torch.nn.functional as F


def train_rbm(data, parameters, n_updates, batch_size=30, lr=0.1, k=1, persistent=True, generator=None):
    learned = [p.detach().clone().requires_grad_() for p in parameters]
    chains = torch.empty(0)

    def free(v):
        weight, a, c = learned
        return (-(v @ a) - F.softplus(v @ weight + c).sum(1)).mean()

    for update in range(n_updates):
        batch = data[torch.randint(len(data), (batch_size,), generator=generator)]
        v = chains if persistent and update else batch
        weight, a, c = learned
        with torch.no_grad():
            for _ in range(k):
                h = torch.bernoulli(torch.sigmoid(v @ weight + c), generator=generator)
                v = torch.bernoulli(torch.sigmoid(h @ weight.T + a), generator=generator)
        chains = v
        with torch.enable_grad():
            grads = torch.autograd.grad(free(batch) - free(chains), learned)
        with torch.no_grad():
            for p, g in zip(learned, grads, strict=True):
                p.sub_(lr * (1 - update / n_updates) * g)
    return tuple(p.detach() for p in learned)
