"""Comparisons whose failures say where, by how much, and what the pattern of the mistake looks like.

The same functions judge a student's own check (`revealing(True)`, the default: the message shows both numbers) and
a hidden test (`revealing(False)`: it never does). Nothing here calls `str`, `repr` or a method on an object of a
foreign type: types are compared exactly before anything else is looked at.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor
from torch.autograd.gradcheck import GradcheckError

from selfcheck.errors import StudentError
from selfcheck.remarks import shape_remark, value_remark

_revealing: ContextVar[bool] = ContextVar("revealing", default=True)

# Relative and absolute tolerance by type: a few thousand roundings, the choice of torch.testing.
TOLERANCES: dict[torch.dtype, tuple[float, float]] = {
    torch.float16: (1e-3, 1e-5),
    torch.bfloat16: (1.6e-2, 1e-5),
    torch.float32: (1.3e-6, 1e-5),
    torch.float64: (1e-7, 1e-7),
    torch.complex64: (1.3e-6, 1e-5),
    torch.complex128: (1e-7, 1e-7),
}

_TENSOR_TYPES = (Tensor, torch.nn.Parameter)
_NUMPY_NUMBERS = frozenset(np.sctypeDict.values()) - {np.object_, np.void, np.str_, np.bytes_}
_BUILTIN_NAMES = {int: "an int", float: "a float", bool: "a bool", str: "a string", type(None): "None"} | {
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


def assert_close(
    got: Any, want: Any, rtol: float | None = None, atol: float | None = None, name: str = "output"
) -> None:
    """Check that `got` is `want` up to rounding: type, dtype, shape, NaN and infinity, then values.

    Args:
        got: the student's value.
        want: a tensor, a number, a string, None, or a tuple, list or dict of those.
        rtol, atol: |got - want| <= atol + rtol |want| passes; the defaults depend on the dtype (`TOLERANCES`).
        name: what the value is, for the message.

    Raises:
        Mismatch: naming the first differing place and the size of the difference.
    """
    __tracebackhide__ = True
    if isinstance(want, Tensor):
        _compare_tensors(got, want.detach(), rtol, atol, name)
    elif isinstance(want, bool | int | float | complex):
        _compare_numbers(got, want, rtol, atol, name)
    elif isinstance(want, tuple | list | dict):
        _compare_containers(got, want, rtol, atol, name)
    elif want is None or isinstance(want, str):
        if type(got) is not type(want):
            _wrong_type(got, _BUILTIN_NAMES[type(want)], name)
        if got != want:
            detail = f"is {got!r} instead of {want!r}." if _revealing.get() else "is the wrong text."
            raise Mismatch(name, "values", detail, differing=1, total=1)
    else:
        raise TypeError(f"assert_close cannot compare with a {type(want).__name__}")


def assert_raises(
    expected: type[BaseException] | tuple[type[BaseException], ...],
    fn: Callable[..., Any],
    *args: Any,
    **kwargs: Any,
) -> BaseException:
    """Call `fn` and check that it raises; a student's exception counts by the names of its classes.

    An exercise that is not written yet raises NotImplementedError; that never counts as the RuntimeError it is
    derived from.

    Returns:
        The exception.

    Raises:
        Mismatch: where nothing, or something else, was raised.
    """
    __tracebackhide__ = True
    kinds = expected if isinstance(expected, tuple) else (expected,)
    names = [kind.__name__ for kind in kinds]
    wanted = " or ".join(names)
    try:
        fn(*args, **kwargs)
    except StudentError as error:
        unwritten = error.is_a("NotImplementedError") and "NotImplementedError" not in names
        if any(error.is_a(name) for name in names) and not unwritten:
            return error
        if unwritten:
            raise
        raise Mismatch("the call", "exception", f"should raise {wanted}, but raised {error}.") from None
    except kinds as error:
        return error
    raise Mismatch("the call", "exception", f"should raise {wanted}, but returned.")


def gradcheck(
    fn: Callable[..., Any],
    inputs: Sequence[Any],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    names: Sequence[str] | None = None,
    fast_mode: bool = False,
) -> bool:
    """Check every gradient of `fn` at `inputs` against central differences (torch.autograd.gradcheck).

    Args:
        fn: called as fn(*inputs); returns a tensor or a tuple of tensors.
        inputs: float64 tensors where a gradient is wanted (requires_grad=True), anything elsewhere.
        eps: step of the differences; atol, rtol: tolerance of the comparison.
        names: what to call each input in the message; "argument 1", "argument 2" ... if not given.
        fast_mode: compare one random projection of the Jacobian instead of all of it.

    Raises:
        Mismatch: naming the input whose gradient is wrong.
    """
    __tracebackhide__ = True
    labels = list(names) if names is not None else [f"argument {i + 1}" for i in range(len(inputs))]
    outputs = fn(*inputs)
    for i, output in enumerate(outputs if type(outputs) in (tuple, list) else (outputs,)):
        label = f"output[{i}]" if type(outputs) in (tuple, list) else "output"
        if type(output) not in _TENSOR_TYPES:
            _wrong_type(output, "a torch.Tensor", label)
        if output.is_floating_point() and output.dtype != torch.float64:
            raise Mismatch(
                label, "dtype", f"is {output.dtype} for float64 inputs; keep the dtype of the input."
            )
    try:
        torch.autograd.gradcheck(
            fn, tuple(inputs), eps=eps, atol=atol, rtol=rtol, fast_mode=fast_mode, nondet_tol=1e-10
        )
    except GradcheckError as error:
        _wrong_gradient(str(error), labels)
    return True


def _wrong_gradient(report: str, labels: Sequence[str]) -> NoReturn:
    """Turn gradcheck's report, which prints whole Jacobians, into one sentence."""
    __tracebackhide__ = True
    if "expected to be zero" in report:
        raise Mismatch(
            "gradient",
            "gradient",
            "does not reach the inputs.",
            remark="Was the result detached, taken out of .data, or computed in numpy?",
        )
    if "not reentrant" in report:
        raise Mismatch("gradient", "gradient", "differs from one backward pass to the next.")
    found = re.search(r"with respect to input (\d+)", report)
    which = int(found.group(1)) if found else -1
    label = labels[which] if 0 <= which < len(labels) else "an input"
    raise Mismatch(f"gradient of {label}", "gradient", "does not agree with finite differences.")


def _describe_type(value: object) -> str:
    """The name of a value's type; a foreign class is named only by what `type` knows of it."""
    kind = type(value)
    if kind in _TENSOR_TYPES:
        return "a torch.Tensor"
    return _BUILTIN_NAMES.get(kind) or f"of type {type.__getattribute__(kind, '__name__')[:60]}"


def _wrong_type(got: object, wanted: str, name: str) -> NoReturn:
    __tracebackhide__ = True
    remark = "Is a `return` missing?" if got is None else ""
    raise Mismatch(name, "type", f"is {_describe_type(got)} instead of {wanted}.", remark=remark)


def _compare_containers(got: Any, want: Any, rtol: float | None, atol: float | None, name: str) -> None:
    __tracebackhide__ = True
    if isinstance(want, dict):
        if type(got) not in (dict, type(want)):
            _wrong_type(got, "a dict", name)
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
        _wrong_type(got, "a list" if isinstance(want, list) else "a tuple", name)
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
        _wrong_type(got, _BUILTIN_NAMES[type(want)], name)
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
        return
    shown = f"is {got} instead of {want}" if _revealing.get() else "is wrong"
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


def _compare_tensors(got: Any, want: Tensor, rtol: float | None, atol: float | None, name: str) -> None:
    __tracebackhide__ = True
    if type(got) not in _TENSOR_TYPES:
        _wrong_type(got, "a torch.Tensor", name)
    if got.layout != torch.strided or got.device != want.device:
        raise Mismatch(
            name, "type", f"is a {got.layout} tensor on {got.device}, not a plain one on {want.device}."
        )
    shapes: dict[str, Any] = {"got_shape": tuple(got.shape), "want_shape": tuple(want.shape)}
    if got.dtype != want.dtype:
        raise Mismatch(name, "dtype", f"is {got.dtype} instead of {want.dtype}.", **shapes)
    if got.shape != want.shape:
        detail = f"has shape {tuple(got.shape)} instead of {tuple(want.shape)}."
        raise Mismatch(name, "shape", detail, remark=shape_remark(got.shape, want.shape), **shapes)
    got = got.detach()
    exact = not (want.is_floating_point() or want.is_complex())
    default = (0.0, 0.0) if exact else TOLERANCES.get(want.dtype, (1e-7, 1e-7))
    rtol = default[0] if rtol is None else rtol
    atol = default[1] if atol is None else atol
    wide = torch.complex128 if want.is_complex() else torch.float64
    a, b = got.to(wide), want.to(wide)
    if not exact:
        _compare_specials(got, want, name, shapes)
    error = (a - b).abs()
    # Equal infinities differ by NaN; integers beyond 2**53 lose digits in float64: equality decides both.
    wrong = (got != want) & ~((got != got) & (want != want))
    if rtol or atol:
        wrong &= ~(error <= atol + rtol * b.abs()) | b.isinf()
    if not bool(wrong.any()):
        return
    index = tuple(int(i) for i in wrong.nonzero()[0])
    differing = int(wrong.sum())
    error_here, size_here = float(error[index]), float(b[index].abs())
    parts = [f"{got[index].item():.6g} instead of {want[index].item():.6g}"] if _revealing.get() else []
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
        remark=value_remark(a, b, wrong, rtol, atol),
        index=index,
        got=got[index].item(),
        want=want[index].item(),
        abs_error=error_here,
        rel_error=error_here / size_here if size_here else math.inf,
        differing=differing,
        total=wrong.numel(),
        **shapes,
    )


def _digits(size: float) -> str:
    # One digit where values are hidden: a student who returns zeros would read the wanted value off the difference.
    return f"{size:.2g}" if _revealing.get() else f"{size:.1g}"


def _size_text(size: float, exact: bool) -> str:
    """The size of a difference; nothing for hidden integers, where it would tell the wanted one."""
    return "" if exact and not _revealing.get() else f"off by {_digits(size)}"


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
