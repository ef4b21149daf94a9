"""Does each parameter have moments of its own?"""

import torch


class Adam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False):
        self.params = list(params)
        self.lr, self.betas, self.eps = lr, betas, eps
        self.weight_decay, self.decoupled = weight_decay, decoupled
        self.t = 0
        self.m = [0.0]
        self.v = [0.0]

    @torch.no_grad()
    def step(self, grads):
        self.t += 1
        b1, b2 = self.betas
        for p, g in zip(self.params, grads, strict=True):
            if self.decoupled:
                p.mul_(1 - self.lr * self.weight_decay)
            else:
                g = g + self.weight_decay * p
            self.m[0] = b1 * torch.as_tensor(self.m[0]).mean() + (1 - b1) * g
            self.v[0] = b2 * torch.as_tensor(self.v[0]).mean() + (1 - b2) * g**2
            m_hat = self.m[0] / (1 - b1**self.t)
            v_hat = self.v[0] / (1 - b2**self.t)
            p.sub_(self.lr * m_hat / (v_hat.sqrt() + self.eps))
