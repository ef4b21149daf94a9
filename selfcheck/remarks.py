"""The likely cause of a wrong result by its pattern, said as a teacher would who sees only the two tensors.

A remark speaks of the pattern alone (a factor, a sign, an axis), never of a value, so it may be shown with hidden
inputs too. It says what is seen, not what it may come from; and of a border, a channel or the items of a batch it
speaks only where the test says that the tensor has them: an optimiser's parameters have no border.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor


def shape_remark(got: Sequence[int], want: Sequence[int]) -> str:
    """A remark on two different shapes, or nothing."""
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


_FEWEST = 3
"""Values that a pattern needs, and items or channels: among fewer one is there by chance."""


def value_remark(got: Tensor, want: Tensor, wrong: Tensor, rtol: float, atol: float, axes: str = "") -> str:
    """A remark on two float64 (or complex128) tensors of one shape, or nothing.

    Args:
        got, want: the tensors; wrong: where they differ, bool of the same shape.
        rtol, atol: the tolerance they were compared with.
        axes: what the tensor's axes are, one letter each: N items of a batch, C channels, H and W the height and width
            of an image that windows have passed over. Nothing where it has no such axes.
    """
    if got.numel() < 2 or got.is_complex() or not bool(got.isfinite().all() & want.isfinite().all()):
        return ""

    def close(a: Tensor, b: Tensor) -> bool:
        return bool(((a - b).abs() <= atol + rtol * b.abs()).all())

    if not bool(got.any()):
        return "Every value is zero."
    if got.numel() < _FEWEST:
        return ""
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
    if len(axes) == got.dim() and (place := _only_some(wrong, axes)) != "":
        return place
    largest = float((offset.abs() / want.abs().clamp_min(1e-12))[wrong].max())
    if largest < 1e-2:
        return "It is close, but further off than rounding."
    return ""


def _varies(x: Tensor, rtol: float, atol: float) -> bool:
    return bool((x.max() - x.min()) > 10 * (atol + rtol * x.abs().max()))


def _as_factor(factor: float) -> str:
    """A factor as people say it: 3 times, 1/4 of, 0.37 times."""
    for value, text in ((factor, "{} times"), (1 / factor, "1/{} of")):
        if abs(value) >= 1.5 and abs(value - round(value)) < 1e-4 * abs(value):
            return text.format(round(value)) if factor > 0 else f"minus {text.format(-round(value))}"
    return f"{factor:.3g} times"


def _only_some(wrong: Tensor, axes: str) -> str:
    """Tell whether the wrong places form a telling region."""
    if axes.endswith("HW") and min(wrong.shape[-2:]) >= _FEWEST:
        inside, border = wrong[..., 1:-1, 1:-1], wrong.clone()
        border[..., 1:-1, 1:-1] = False
        places = wrong.numel() - inside.numel()
        # A few wrong values that happen to lie at the border are no pattern, nor is an inside of a few values.
        if not bool(inside.any()) and 4 * int(border.sum()) >= places and inside.numel() >= _FEWEST**2:
            return "Only the border is wrong: look at the padding and at the last window."
    for axis, one in (("N", "item of the batch"), ("C", "channel")):
        place = axes.find(axis)
        if place < 0 or wrong.shape[place] < _FEWEST:
            continue
        share = wrong.movedim(place, 0).flatten(1).double().mean(1)
        if float(share[0]) == 0 and float(share[1:].min()) > 0.5:
            return f"Only the first {one} is right."
    return ""
