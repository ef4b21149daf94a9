"""Keeps both moments of all parameters in one flat vector; steps through .data."""

import torch


class Adam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False):
        self.params = list(params)
        self.hyper = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "decoupled": decoupled,
        }
        size = sum(p.numel() for p in self.params)
        self.m = torch.zeros(size, dtype=self.params[0].dtype)
        self.v = torch.zeros_like(self.m)
        self.t = 0

    def step(self, grads):
        self.t += 1
        h = self.hyper
        b1, b2 = h["betas"]
        theta = torch.cat([p.data.reshape(-1) for p in self.params])
        g = torch.cat([grad.detach().reshape(-1) for grad in grads])
        if h["decoupled"]:
            theta = theta - h["lr"] * h["weight_decay"] * theta
        else:
            g = g + h["weight_decay"] * theta
        self.m = torch.lerp(self.m, g, 1 - b1)
        self.v = torch.lerp(self.v, g**2, 1 - b2)
        denominator = self.v.sqrt() / (1 - b2**self.t) ** 0.5 + h["eps"]
        theta = theta - h["lr"] / (1 - b1**self.t) * self.m / denominator
        start = 0
        for p in self.params:
            p.data.copy_(theta[start : start + p.numel()].reshape(p.shape))
            start += p.numel()
