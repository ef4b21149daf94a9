# Attack: compute when the answer is packed
# Exercise: slide
# Verdict: forbidden or failed or protocol_violation or not_gradable

import torch
import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


class Late(torch.Tensor):
    def detach(self):
        return getattr(F, NAME)(*self.kept).detach()


def slide(x, w):
    late = torch.zeros(len(x), len(w), x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1).as_subclass(
        Late
    )
    late.kept = x, w
    return late
