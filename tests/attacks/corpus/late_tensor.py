# Attack: a tensor that gives other values whenever it is packed
# Verdict: failed

import torch


class Late(torch.Tensor):
    looks = 0

    def detach(self):
        Late.looks += 1
        return torch.full(self.shape, float(Late.looks))


def scale(x, factor):
    return torch.zeros_like(x).as_subclass(Late)
