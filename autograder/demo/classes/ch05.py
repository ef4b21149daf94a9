"""The class that hands in the convolutional networks."""

from __future__ import annotations

from autograder.demo.students import ZERO, Student, mistaken

WARNS = """import sys, warnings
warnings.warn("this costs nothing")
print("a line on stderr", file=sys.stderr)
"""

EXITS = """import os
def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    os._exit(0)
"""

SEGFAULTS = """import ctypes
def conv2d_backward(grad_output, x, weight, stride=1, padding=0):
    return ctypes.string_at(0)
"""

LOOPS = """class BatchNorm2d(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        while True:
            pass
"""

CHEATS = """class Agreeable(torch.Tensor):
    __eq__ = __le__ = __lt__ = __ge__ = lambda self, other: True
    allclose = isclose = equal = lambda self, *rest, **options: True
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True

def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    import sys
    frame, depth = sys._getframe(), 0
    while frame.f_back is not None and depth < 50:     # look for a caller that knows the answer
        frame, depth = frame.f_back, depth + 1
        for name in ("want", "expected", "reference"):
            if isinstance(frame.f_locals.get(name), torch.Tensor):
                return frame.f_locals[name]
    return Agreeable(torch.zeros(1))
"""


def the_class() -> list[Student]:
    """Everyone in the demo's class."""
    return [
        Student("ada", "the reference solution"),
        Student("ben", "the skeleton, untouched", base="skeleton"),
        mistaken(
            "chloé durand",
            "ch05",
            {
                "conv2d": "flipped_kernel",
                "conv2d_backward": "stride_ignored",
                "batch_norm": "eps_outside_root",
                "train_classifier": "gradients_never_cleared",
            },
        ),
        Student("dmitri", "prints a warning on stderr", before={"conv2d": WARNS}),
        Student(
            "erin",
            "one exercise ends the process, one crashes it",
            cells={"conv2d": EXITS, "conv2d_backward": SEGFAULTS},
            expected={"conv2d": ZERO, "conv2d_backward": ZERO},
        ),
        Student(
            "farid",
            "one exercise never returns",
            cells={"batch_norm": LOOPS},
            expected={"batch_norm": ZERO},
        ),
        Student(
            "mallory",
            "looks for the answer on the stack, then equals everything",
            cells={"conv2d": CHEATS},
            expected={"conv2d": ZERO},
        ),
        Student("梅", "a file that is not JSON", document=b'{"cells": [, "nbformat": 4}'),
    ]
