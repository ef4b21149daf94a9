# Attack: answer with the right values in bfloat16, and claim their dtype by an attribute
# Verdict: failed

import torch


class Claims(torch.Tensor):
    @property
    def dtype(self):
        return torch.float64


def scale(x, factor):
    return (x * factor).to(torch.bfloat16).as_subclass(Claims)
