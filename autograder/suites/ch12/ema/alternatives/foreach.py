"""Operators that take whole lists of tensors."""

import torch


class EMA:
    def __init__(self, params, decay=0.999):
        self.decay = decay
        with torch.no_grad():
            self.shadow = [p.clone() for p in params]

    @torch.no_grad()
    def update(self, params):
        new = [p.detach() for p in params]
        torch._foreach_mul_(self.shadow, self.decay)
        torch._foreach_add_(self.shadow, new, alpha=1 - self.decay)
