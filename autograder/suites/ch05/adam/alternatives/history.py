"""Remembers all gradients and sums the moments anew, straight from their definition."""

import torch


class Adam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False):
        self.params = list(params)
        self.lr, self.betas, self.eps = lr, betas, eps
        self.decay, self.decoupled = weight_decay, decoupled
        self.seen = [[] for _ in self.params]

    @staticmethod
    def average(values, beta):
        weights = [(1 - beta) * beta ** (len(values) - 1 - i) for i in range(len(values))]
        return sum(w * value for w, value in zip(weights, values, strict=True)) / sum(weights)

    @torch.no_grad()
    def step(self, grads):
        for p, grad, seen in zip(self.params, grads, self.seen, strict=True):
            if self.decoupled:
                p *= 1 - self.lr * self.decay
                seen.append(grad.clone())
            else:
                seen.append(grad + self.decay * p)
            mean = self.average(seen, self.betas[0])
            square = self.average([g.square() for g in seen], self.betas[1])
            p -= self.lr * mean / (square.sqrt() + self.eps)
