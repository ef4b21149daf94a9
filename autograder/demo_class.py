"""The demo's class: invented students, what each handed in, and what each must get."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import autograder

FULL, ZERO, PART = "full", "zero", "part"
"""What an exercise must earn: all its points, none, or less than all."""

MISCONCEPTIONS = Path(autograder.__file__).parent / "ch05" / "misconceptions"


@dataclass(frozen=True)
class Student:
    """One invented student.

    Attributes:
        id: the student's folder name under submitted/.
        story: what is special about the submission, for the table.
        cells: replacements of solution cells, source by exercise.
        before: code put in front of a solution cell, by exercise.
        expected: exercises that must not get full marks, ZERO or PART by id.
        believes: the misconceptions that the feedback must name, by exercise.
        base: what the rest of the notebook is: the solved source or the released skeleton.
        document: the submitted file itself, where it is no notebook.
    """

    id: str
    story: str
    cells: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)
    expected: Mapping[str, str] = field(default_factory=dict)
    believes: Mapping[str, str] = field(default_factory=dict)
    base: str = "solved"
    document: bytes | None = None

    @property
    def ungradable(self) -> bool:
        return self.document is not None


def misconception(exercise: str, name: str) -> str:
    """A misconception's code, without the hint it begins with."""
    source = (MISCONCEPTIONS / exercise / f"{name}.py").read_text()
    first = ast.parse(source).body[0]
    hinted = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return "\n".join(source.splitlines()[first.end_lineno if hinted else 0 :]).strip()


def mistaken(id: str, mistakes: Mapping[str, str]) -> Student:
    """A student who holds the named misconceptions, one an exercise."""
    return Student(
        id,
        "believes: " + ", ".join(name.replace("_", " ") for name in mistakes.values()),
        cells={exercise: misconception(exercise, name) for exercise, name in mistakes.items()},
        expected=dict.fromkeys(mistakes, PART),
        believes=mistakes,
    )


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
