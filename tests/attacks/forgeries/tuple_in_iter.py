# Attack: compute when the answer is iterated
# Exercise: slide
# Verdict: forbidden or failed or protocol_violation or not_gradable

import torch.nn.functional as F

NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


class Late(tuple):
    def __iter__(self):
        return iter((getattr(F, NAME)(*self.kept),))


def slide(x, w):
    late = Late((x,))
    late.kept = x, w
    return late
