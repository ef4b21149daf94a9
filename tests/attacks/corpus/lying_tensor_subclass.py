# Attack: return a tensor whose every operation says that it agrees
# Verdict: failed

import torch


class Agreeable(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if function.__name__ in ("allclose", "equal", "isclose", "__eq__", "eq"):
            return True
        return super().__torch_function__(function, types, args, kwargs or {})

    def __eq__(self, other):
        return True


def scale(x, factor):
    return torch.zeros_like(x).as_subclass(Agreeable)
