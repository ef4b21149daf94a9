"""Comparisons whose failures say where, by how much, and what the pattern of the mistake looks like.

The same functions judge a student's own check (`revealing(True)`, the default: the message shows both numbers) and
a hidden test (`revealing(False)`: it never does). Nothing here calls `str`, `repr` or a method on an object of a
foreign type: types are compared exactly before anything else is looked at.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from selfcheck.calls import assert_raises, gradcheck
from selfcheck.mismatch import (
    BUILTIN_NAMES,
    TENSOR_TYPES,
    Mismatch,
    dtypes_noted,
    is_revealing,
    note_dtype,
    note_tolerance,
    revealing,
    tolerance_used,
    wrong_type,
)
from selfcheck.remarks import shape_remark, value_remark

__all__ = [
    "Mismatch",
    "assert_close",
    "assert_raises",
    "dtypes_noted",
    "gradcheck",
    "revealing",
    "tolerance_used",
]

# Relative and absolute tolerance by type: a few thousand roundings, the choice of torch.testing.
TOLERANCES: dict[torch.dtype, tuple[float, float]] = {
    torch.float16: (1e-3, 1e-5),
    torch.bfloat16: (1.6e-2, 1e-5),
    torch.float32: (1.3e-6, 1e-5),
    torch.float64: (1e-7, 1e-7),
    torch.complex64: (1.3e-6, 1e-5),
    torch.complex128: (1e-7, 1e-7),
}

_COARSE = 10.0
"""Where a dtype is not the wanted one, so many tolerances of the coarser one are allowed: whatever else was rounded to
it on the way counts as well, and no mistake of the formula is as small."""
_INTEGERS = frozenset({torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64})
_NUMPY_NUMBERS = frozenset(np.sctypeDict.values()) - {np.object_, np.void, np.str_, np.bytes_}


def assert_close(
    got: Any,
    want: Any,
    rtol: float | None = None,
    atol: float | None = None,
    name: str = "output",
    axes: str = "",
) -> None:
    """Check that `got` is `want` up to rounding: type, dtype, shape, NaN and infinity, then values.

    Args:
        got: the student's value.
        want: a tensor, a number, a string, None, or a tuple, list or dict of those.
        rtol, atol: |got - want| <= atol + rtol |want| passes; the defaults depend on the dtype (`TOLERANCES`).
        name: what the value is, for the message.
        axes: what a tensor's axes are, such as "NCHW", where windows pass over images: the message may then speak of
            the border, of the first item of the batch, and of the first channel.

    Raises:
        Mismatch: naming the first differing place and the size of the difference.
    """
    __tracebackhide__ = True
    if isinstance(want, Tensor):
        _compare_tensors(got, want.detach(), rtol, atol, name, axes)
    elif isinstance(want, bool | int | float | complex):
        _compare_numbers(got, want, rtol, atol, name)
    elif isinstance(want, tuple | list | dict):
        _compare_containers(got, want, rtol, atol, name)
    elif want is None or isinstance(want, str):
        if type(got) is not type(want):
            wrong_type(got, BUILTIN_NAMES[type(want)], name)
        if got != want:
            detail = f"is {got!r} instead of {want!r}." if is_revealing() else "is the wrong text."
            raise Mismatch(name, "values", detail, differing=1, total=1)
    else:
        raise TypeError(f"assert_close cannot compare with a {type(want).__name__}")


def _compare_containers(got: Any, want: Any, rtol: float | None, atol: float | None, name: str) -> None:
    __tracebackhide__ = True
    if isinstance(want, dict):
        if type(got) not in (dict, type(want)):
            wrong_type(got, "a dict", name)
        missing = [key for key in want if key not in got]
        surplus = len(got) - (len(want) - len(missing))
        if missing or surplus:
            lacks = f"lacks {', '.join(map(repr, missing))}" if missing else ""
            has = f"has {surplus} keys too many" if surplus else ""
            raise Mismatch(name, "shape", " and ".join(filter(None, (lacks, has))) + ".")
        for key in want:
            assert_close(got[key], want[key], rtol, atol, f"{name}[{key!r}]")
        return
    if type(got) not in (tuple, list, torch.Size):
        wrong_type(got, "a list" if isinstance(want, list) else "a tuple", name)
    if len(got) != len(want):
        raise Mismatch(name, "shape", f"has {len(got)} entries instead of {len(want)}.")
    for i, (one, other) in enumerate(zip(got, want, strict=True)):
        assert_close(one, other, rtol, atol, f"{name}[{i}]")


def _compare_numbers(got: Any, want: complex, rtol: float | None, atol: float | None, name: str) -> None:
    __tracebackhide__ = True
    if type(got) in _NUMPY_NUMBERS:
        got = got.item()
    allowed: dict[type, tuple[type, ...]] = {bool: (bool,), int: (int,), float: (float, int)}
    if type(got) not in allowed.get(type(want), (complex, float, int)):
        wrong_type(got, BUILTIN_NAMES[type(want)], name)
    exact = isinstance(want, bool | int)
    rtol = (0.0 if exact else 1e-7) if rtol is None else rtol
    atol = (0.0 if exact else 1e-7) if atol is None else atol
    if got == want or (got != got and want != want):
        return
    if got != got:
        raise Mismatch(name, "nan", "is NaN.", got=got, want=want, differing=1, total=1)
    try:
        difference = float(abs(got - want))
        size = float(abs(want))
    except OverflowError:  # an int beyond the range of float64
        difference, size = math.inf, math.inf
    if math.isfinite(size) and difference <= atol + rtol * size:
        note_tolerance(difference, atol + rtol * size)
        return
    shown = f"is {got} instead of {want}" if is_revealing() else "is wrong"
    size_text = _size_text(difference, exact)
    raise Mismatch(
        name,
        "values",
        f"{shown}{size_text and f', {size_text}'}.",
        got=got,
        want=want,
        abs_error=difference,
        rel_error=difference / size if size else math.inf,
        differing=1,
        total=1,
    )


def _compare_tensors(
    got: Any, want: Tensor, rtol: float | None, atol: float | None, name: str, axes: str
) -> None:
    __tracebackhide__ = True
    if type(got) not in TENSOR_TYPES:
        wrong_type(got, "a torch.Tensor", name)
    if got.layout != torch.strided or got.device != want.device:
        raise Mismatch(
            name, "type", f"is a {got.layout} tensor on {got.device}, not a plain one on {want.device}."
        )
    shapes: dict[str, Any] = {"got_shape": tuple(got.shape), "want_shape": tuple(want.shape)}
    coarse = False
    if got.dtype != want.dtype:
        detail = f"is {got.dtype} instead of {want.dtype}."
        if not _both_of_a_kind(got.dtype, want.dtype) or not note_dtype(f"{name} {detail}"):
            raise Mismatch(name, "dtype", detail, **shapes)
        coarse = want.is_floating_point()
    if got.shape != want.shape:
        detail = f"has shape {tuple(got.shape)} instead of {tuple(want.shape)}."
        raise Mismatch(name, "shape", detail, remark=shape_remark(got.shape, want.shape), **shapes)
    got = got.detach()
    exact = not (want.is_floating_point() or want.is_complex())
    default = (0.0, 0.0) if exact else TOLERANCES.get(want.dtype, (1e-7, 1e-7))
    rtol = default[0] if rtol is None else rtol
    atol = default[1] if atol is None else atol
    if coarse:
        rtol, atol = (
            max(own, _COARSE * rounding)
            for own, rounding in zip((rtol, atol), _rounding(got, want), strict=True)
        )
    wide = torch.complex128 if want.is_complex() else torch.float64
    a, b = got.to(wide), want.to(wide)
    if not exact:
        _compare_specials(got, want, name, shapes)
    error = (a - b).abs()
    # Equal infinities differ by NaN; integers beyond 2**53 lose digits in float64: equality decides both.
    wrong = (got != want) & ~((got != got) & (want != want))
    allowed = atol + rtol * b.abs()
    if rtol or atol:
        wrong &= ~(error <= allowed) | b.isinf()
    if not bool(wrong.any()):
        note_tolerance(error, allowed)
        return
    index = tuple(int(i) for i in wrong.nonzero()[0])
    differing = int(wrong.sum())
    error_here, size_here = float(error[index]), float(b[index].abs())
    parts = [f"{got[index].item():.6g} instead of {want[index].item():.6g}"] if is_revealing() else []
    worst = float(error[wrong].max())
    if size := _size_text(error_here, exact):
        more = differing > 1 and worst > 1.05 * error_here
        parts.append(f"{size} (at most {_digits(worst)})" if more else size)
    if index:
        detail = f"is wrong: {differing} of {wrong.numel()} values differ; the first at {list(index)}"
        detail += f" is {', '.join(parts)}." if parts else "."
    else:
        detail = f"is {', '.join(parts)}." if parts else "is wrong."
    raise Mismatch(
        name,
        "values",
        detail,
        remark=value_remark(a, b, wrong, rtol, atol, axes),
        index=index,
        got=got[index].item(),
        want=want[index].item(),
        abs_error=error_here,
        rel_error=error_here / size_here if size_here else math.inf,
        differing=differing,
        total=wrong.numel(),
        **shapes,
    )


def _both_of_a_kind(one: torch.dtype, other: torch.dtype) -> bool:
    """Whether two dtypes differ in their precision alone."""
    return (one.is_floating_point and other.is_floating_point) or (one in _INTEGERS and other in _INTEGERS)


def _rounding(got: Tensor, want: Tensor) -> tuple[float, float]:
    """The tolerances of the coarser of two floating dtypes."""
    return max(TOLERANCES.get(t.dtype, TOLERANCES[torch.float32]) for t in (got, want))


def _digits(size: float) -> str:
    # One digit where values are hidden: a student who returns zeros would read the wanted value off the difference.
    return f"{float(f'{size:.2g}' if is_revealing() else f'{size:.1g}'):g}"  # 30 rather than 3e+01


def _size_text(size: float, exact: bool) -> str:
    """The size of a difference; nothing for hidden integers, where it would tell the wanted one."""
    return "" if exact and not is_revealing() else f"off by {_digits(size)}"


def _compare_specials(got: Tensor, want: Tensor, name: str, shapes: dict[str, Any]) -> None:
    """NaN and infinity must be where they are wanted and nowhere else."""
    __tracebackhide__ = True
    for kind, test in (("nan", torch.isnan), ("inf", torch.isinf)):
        surplus = test(got) & ~test(want)
        if bool(surplus.any()):
            index = tuple(int(i) for i in surplus.nonzero()[0])
            count = int(surplus.sum())
            word = "NaN" if kind == "nan" else "infinite"
            place = f" at {list(index)}" if index else ""
            more = f" ({count} of {surplus.numel()} values are)" if count > 1 else ""
            detail = f"is {word}{place}{more}."
            raise Mismatch(name, kind, detail, index=index, differing=count, total=surplus.numel(), **shapes)
        if kind == "nan" and bool((test(want) & ~test(got)).any()):
            index = tuple(int(i) for i in (test(want) & ~test(got)).nonzero()[0])
            detail = f"should be NaN at {list(index)}."
            raise Mismatch(name, kind, detail, index=index, differing=1, total=want.numel(), **shapes)
