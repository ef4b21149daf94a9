"""Moments bound anew at each step, parameters changed by copy_; the biases corrected as products."""

import torch


class Adam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False):
        self.params = list(params)
        self.lr = lr
        self.beta1, self.beta2 = betas
        self.eps = eps
        self.weight_decay = weight_decay
        self.decoupled = decoupled
        self.state = [
            (torch.zeros(p.shape, dtype=p.dtype), torch.zeros(p.shape, dtype=p.dtype)) for p in self.params
        ]
        self.powers = [1.0, 1.0]

    def step(self, grads):
        self.powers = [self.powers[0] * self.beta1, self.powers[1] * self.beta2]
        with torch.no_grad():
            for i, p in enumerate(self.params):
                g, (m, v) = grads[i], self.state[i]
                old = p.clone()
                if self.weight_decay != 0 and not self.decoupled:
                    g = g + self.weight_decay * old
                m = self.beta1 * m + (1 - self.beta1) * g
                v = self.beta2 * v + (1 - self.beta2) * g * g
                self.state[i] = (m, v)
                update = (m / (1 - self.powers[0])) / ((v / (1 - self.powers[1])) ** 0.5 + self.eps)
                if self.decoupled:
                    update = update + self.weight_decay * old
                p.copy_(old - self.lr * update)
