"""A coroutine for each parameter keeps its moments."""

import torch


class Adam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False):
        self.params = list(params)
        self.runs = []
        for p in self.params:
            run = self._run(p.detach(), lr, *betas, eps, weight_decay, decoupled)
            next(run)
            self.runs.append(run)

    @staticmethod
    def _run(p, lr, b1, b2, eps, decay, decoupled):
        m = v = torch.zeros(())
        t = 0
        while True:
            g = yield
            t += 1
            if decoupled:
                p *= 1 - lr * decay
            else:
                g = g + decay * p
            m = b1 * m + (1 - b1) * g
            v = b2 * v + (1 - b2) * g.pow(2)
            p -= lr / (1 - b1**t) * m / ((v / (1 - b2**t)).sqrt() + eps)

    @torch.no_grad()
    def step(self, grads):
        for run, g in zip(self.runs, grads, strict=True):
            run.send(g.detach())
