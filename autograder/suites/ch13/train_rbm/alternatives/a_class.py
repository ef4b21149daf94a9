"""An object with its chains as state, rates in a table."""

import torch


class _Trainer:
    def __init__(self, parameters, generator):
        self.weight, self.a, self.c = (p.clone() for p in parameters)
        self.generator = generator
        self.chains = None

    def step(self, batch, rate, k, persistent):
        start = self.chains if persistent and self.chains is not None else batch
        self.chains = self.walk(start, k)
        (w1, a1, c1), (w0, a0, c0) = self.statistics(self.chains), self.statistics(batch)
        self.weight, self.a, self.c = (
            self.weight - rate * (w1 - w0),
            self.a - rate * (a1 - a0),
            self.c - rate * (c1 - c0),
        )

    def walk(self, v, k):
        for _ in range(k):
            h = torch.bernoulli(torch.sigmoid(v @ self.weight + self.c), generator=self.generator)
            v = torch.bernoulli(torch.sigmoid(self.a + h @ self.weight.T), generator=self.generator)
        return v

    def statistics(self, v):
        h = torch.sigmoid(v @ self.weight + self.c)
        return torch.einsum("ni,nj->ij", v, h) / len(v), v.mean(0), h.mean(0)


def train_rbm(data, parameters, n_updates, batch_size=30, lr=0.1, k=1, persistent=True, generator=None):
    trainer = _Trainer(parameters, generator)
    for rate in [lr * (1 - i / n_updates) for i in range(n_updates)]:
        rows = torch.randint(len(data), (batch_size,), generator=generator)
        trainer.step(data[rows], rate, k, persistent)
    return trainer.weight, trainer.a, trainer.c
