"""Both corrections in the step size, as the paper suggests, with eps scaled along; state in dictionaries."""

import math

import torch


class Adam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False):
        self.params = params
        self.state = {}
        self.options = lr, betas, eps, weight_decay, decoupled

    @torch.no_grad()
    def step(self, grads):
        lr, (b1, b2), eps, decay, decoupled = self.options
        for i, (p, g) in enumerate(zip(self.params, grads, strict=True)):
            s = self.state.setdefault(i, {"t": 0, "m": torch.zeros_like(p), "v": torch.zeros_like(p)})
            s["t"] += 1
            if decoupled:
                p.mul_(1 - lr * decay)
            else:
                g = g.add(p, alpha=decay)
            s["m"].lerp_(g, 1 - b1)
            s["v"].mul_(b2).addcmul_(g, g, value=1 - b2)
            root = math.sqrt(1 - b2 ** s["t"])
            p.addcdiv_(s["m"], s["v"].sqrt().add_(eps * root), value=-lr * root / (1 - b1 ** s["t"]))
