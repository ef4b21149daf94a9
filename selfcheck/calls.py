"""Checks of how a function behaves: what it raises, and whether its gradient is the right one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import torch
from torch.autograd.gradcheck import GradcheckError

from selfcheck.errors import StudentError
from selfcheck.mismatch import TENSOR_TYPES, Mismatch, is_revealing, wrong_type


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
        # Where values are hidden so is the exception's text, which the student's code could fill with its arguments.
        said = error if is_revealing() else error.kind
        raise Mismatch("the call", "exception", f"should raise {wanted}, but raised {said}.") from None
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
        if type(output) not in TENSOR_TYPES:
            wrong_type(output, "a torch.Tensor", label)
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
