"""What the pattern of a wrong result suggests, said as a teacher would who sees only the two tensors.

A remark speaks of the pattern alone (a factor, a sign, an axis), never of a value, so it may be shown with hidden
inputs too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor


def shape_remark(got: Sequence[int], want: Sequence[int]) -> str:
    """What two different shapes suggest, or nothing."""
    got, want = tuple(got), tuple(want)
    if len(got) == len(want) and sorted(got) == sorted(want):
        moved = [i for i, (a, b) in enumerate(zip(got, want, strict=True)) if a != b]
        if len(moved) == 2:
            return f"Axes {moved[0]} and {moved[1]} are swapped."
        return "The axes are in another order."
    if tuple(n for n in got if n != 1) == tuple(n for n in want if n != 1):
        return (
            "An axis of size 1 is missing."
            if len(got) < len(want)
            else "There is an axis of size 1 too many."
        )
    if math.prod(got) == math.prod(want):
        return "The number of values is right, their arrangement is not."
    if len(got) == len(want) and got[1:] == want[1:]:
        return "Only the first axis, usually the batch, has the wrong size."
    return ""


def value_remark(got: Tensor, want: Tensor, wrong: Tensor, rtol: float, atol: float) -> str:
    """What two float64 (or complex128) tensors of one shape suggest, or nothing.

    Args:
        got, want: the tensors; wrong: where they differ, bool of the same shape.
        rtol, atol: the tolerance they were compared with.
    """
    if got.numel() < 2 or got.is_complex() or not bool(got.isfinite().all() & want.isfinite().all()):
        return ""

    def close(a: Tensor, b: Tensor) -> bool:
        return bool(((a - b).abs() <= atol + rtol * b.abs()).all())

    if not bool(got.any()):
        return "Every value is zero."
    if close(got, -want):
        return "The sign is flipped everywhere."
    factor = float((got * want).sum() / (want * want).sum()) if bool(want.any()) else math.nan
    if math.isfinite(factor) and factor != 0 and close(got, factor * want) and _varies(want, rtol, atol):
        return f"Every value is {_as_factor(factor)} what it should be."
    offset = got - want
    if _varies(want, rtol, atol) and close(got, want + offset.mean()):
        return "Every value is off by the same amount."
    if got.dim() >= 2 and got.shape[-1] == got.shape[-2] and close(got.transpose(-1, -2), want):
        return "The last two axes are swapped."
    if close(got.flatten().sort().values, want.flatten().sort().values):
        return "The values are right but stand in the wrong places."
    if (place := _only_some(wrong)) != "":
        return place
    largest = float((offset.abs() / want.abs().clamp_min(1e-12))[wrong].max())
    if largest < 1e-2:
        return "It is close, but further off than rounding: a small constant (an epsilon, n or n-1) may be misplaced."
    return ""


def _varies(x: Tensor, rtol: float, atol: float) -> bool:
    return bool((x.max() - x.min()) > 10 * (atol + rtol * x.abs().max()))


def _as_factor(factor: float) -> str:
    """A factor as people say it: 3 times, 1/4 of, 0.37 times."""
    for value, text in ((factor, "{} times"), (1 / factor, "1/{} of")):
        if abs(value) >= 1.5 and abs(value - round(value)) < 1e-4 * abs(value):
            return text.format(round(value)) if factor > 0 else f"minus {text.format(-round(value))}"
    return f"{factor:.3g} times"


def _only_some(wrong: Tensor) -> str:
    """Whether the wrong places form a telling region."""
    if wrong.dim() >= 2 and min(wrong.shape[-2:]) >= 3:
        inside = wrong[..., 1:-1, 1:-1]
        if not bool(inside.any()):
            return "Only the border is wrong: look at the padding and at the last window."
    if (
        wrong.dim() >= 2
        and wrong.shape[0] > 1
        and not bool(wrong[0].any())
        and bool(wrong[1:].flatten(1).any(1).all())
    ):
        return "Only the first item of the batch is right."
    if wrong.dim() >= 3 and wrong.shape[1] > 1:
        per_channel = wrong.transpose(0, 1).flatten(1).any(1)
        if not bool(per_channel[0]) and bool(per_channel[1:].all()):
            return "Only the first channel is right."
    return ""
