"""A failed comparison: an exception that knows where, by how much, and how much of that it may say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NoReturn

import torch
from torch import Tensor

_revealing: ContextVar[bool] = ContextVar("revealing", default=True)
_used: ContextVar[list[float] | None] = ContextVar("used", default=None)
_dtypes: ContextVar[list[str] | None] = ContextVar("dtypes", default=None)

TENSOR_TYPES = (Tensor, torch.nn.Parameter)

BUILTIN_NAMES = {int: "an int", float: "a float", bool: "a bool", str: "a string", type(None): "None"} | {
    complex: "a complex number",
    tuple: "a tuple",
    list: "a list",
    dict: "a dict",
}


@contextmanager
def revealing(reveal: bool) -> Iterator[None]:
    """Within the block, messages of failed comparisons show the numbers compared, or do not."""
    token = _revealing.set(reveal)
    try:
        yield
    finally:
        _revealing.reset(token)


@contextmanager
def tolerance_used() -> Iterator[list[float]]:
    """Within the block, collect which share of its tolerance each comparison that passed has used, 0 to 1.

    Whoever writes a test wants to know that right solutions stay far from 1 whatever the inputs.
    """
    used: list[float] = []
    token = _used.set(used)
    try:
        yield used
    finally:
        _used.reset(token)


@contextmanager
def dtypes_noted() -> Iterator[list[str]]:
    """Within the block, a number of another precision than the wanted one is compared all the same; collects what was
    of which dtype, one sentence each.

    A solution that computes the right values in float64 has understood all but the dtype.
    """
    noted: list[str] = []
    token = _dtypes.set(noted)
    try:
        yield noted
    finally:
        _dtypes.reset(token)


def note_dtype(sentence: str) -> bool:
    """Tell `dtypes_noted` of another precision; whether it wanted to know."""
    noted = _dtypes.get()
    if noted is None:
        return False
    noted.append(sentence)
    return True


def note_tolerance(error: Tensor | float, allowed: Tensor | float) -> None:
    """Tell `tolerance_used` of a comparison that passed: differences and what they may be, elementwise."""
    used = _used.get()
    if used is None:
        return
    share = torch.as_tensor(error) / torch.as_tensor(allowed)  # NaN where equal values need no tolerance
    used.append(float(share.nan_to_num(0.0, 0.0, 0.0).max()) if share.numel() else 0.0)


class Mismatch(AssertionError):
    """A comparison that failed.

    Attributes:
        name: what was compared, "output" or "output[1]" or "gradient of x".
        kind: "type", "dtype", "shape", "nan", "inf", "values", "gradient", "exception" or "mutation".
        detail: what is wrong, one sentence.
        remark: what the pattern of the mistake suggests, or nothing.
        index: first differing place in row-major order, or None.
        got, want: the numbers there; not in the message unless revealing is on.
        abs_error, rel_error: their difference, absolute and as a share of the wanted number.
        differing, total: how many elements differ, and of how many.
        got_shape, want_shape: the shapes, where both are tensors.
    """

    def __init__(
        self,
        name: str,
        kind: str,
        detail: str,
        *,
        remark: str = "",
        index: tuple[int, ...] | None = None,
        got: complex | None = None,
        want: complex | None = None,
        abs_error: float | None = None,
        rel_error: float | None = None,
        differing: int = 0,
        total: int = 0,
        got_shape: tuple[int, ...] | None = None,
        want_shape: tuple[int, ...] | None = None,
    ) -> None:
        super().__init__(f"{name} {detail}" + (f" {remark}" if remark else ""))
        self.name, self.kind, self.detail, self.remark = name, kind, detail, remark
        self.index, self.got, self.want = index, got, want
        self.abs_error, self.rel_error = abs_error, rel_error
        self.differing, self.total = differing, total
        self.got_shape, self.want_shape = got_shape, want_shape


def is_revealing() -> bool:
    """True where messages may show the numbers compared."""
    return _revealing.get()


def describe_type(value: object) -> str:
    """The name of a value's type; a foreign class is named only by what `type` knows of it."""
    kind = type(value)
    if kind in TENSOR_TYPES:
        return "a torch.Tensor"
    return BUILTIN_NAMES.get(kind) or f"of type {type.__getattribute__(kind, '__name__')[:60]}"


def wrong_type(got: object, wanted: str, name: str) -> NoReturn:
    """Raise the Mismatch of a value that is not of the wanted type."""
    __tracebackhide__ = True
    if got is None and name.startswith("gradient"):
        where = name.removeprefix("gradient").strip() or "the input"
        reaches = f"is missing: no gradient reaches {where.removeprefix('of ').removeprefix('in ')}."
        raise Mismatch(name, "gradient", reaches, remark="Was something detached, or computed in numpy?")
    remark = "Is a `return` missing?" if got is None else ""
    raise Mismatch(name, "type", f"is {describe_type(got)} instead of {wanted}.", remark=remark)
