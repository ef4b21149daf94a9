"""The student's code in this process, behind the same face as the grader's remote one.

Arguments go in by value, exceptions come out as `StudentError`, an argument changed in place is noticed, results are
copies: a test that passes here means the same thing when the code runs in another process.
"""

from __future__ import annotations

import sys
import sysconfig
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor

from selfcheck.cells import describe
from selfcheck.compare import Mismatch
from selfcheck.containers import Container, holds, parts
from selfcheck.errors import OutOfTime, StudentError

MOST_ITEMS = 10_000
"""Most items taken from an iterator before it counts as never ending."""

_BY_VALUE = (
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    type(None),
    torch.dtype,
    torch.device,
    torch.Generator,
    np.generic,
)
_OWN_TENSORS = (Tensor, torch.nn.Parameter)


class LiveStudent:
    """The names of a notebook: `student.conv2d` is the student's function, wrapped.

    Args:
        namespace: the notebook's globals.
        allow_mutation: whether calls may change their arguments in place.
    """

    def __init__(self, namespace: Mapping[str, Any], allow_mutation: bool = False) -> None:
        self._namespace = namespace
        self._allow_mutation = allow_mutation

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        if name not in self._namespace:
            raise StudentError(("NameError",), f"`{name}` is not defined: run its cell first")
        return _outward(self._namespace[name], name, self._allow_mutation, ())


class LiveHandle:
    """A function, class or object of the student's; calling it, reading or iterating it runs their code."""

    def __init__(self, value: Any, label: str, allow_mutation: bool) -> None:
        self._value, self._label, self._allow_mutation = value, label, allow_mutation

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        changed = _Arguments(self._allow_mutation)
        inward_args = [changed.inward(arg, f"argument {i + 1}") for i, arg in enumerate(args)]
        inward_kwargs = {name: changed.inward(arg, f"`{name}`") for name, arg in kwargs.items()}
        result = _run(self._value, *inward_args, **inward_kwargs)
        changed.check(self._label)
        return _outward(result, self._label, self._allow_mutation, changed.given)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        value = _run(getattr, self._value, name)
        return _outward(value, f"{self._label}.{name}", self._allow_mutation, ())

    def __iter__(self) -> Iterator[Any]:
        source = _run(iter, self._value)
        for _ in range(MOST_ITEMS):
            try:
                item = _run(next, source)
            except StudentError as error:
                if error.is_a("StopIteration"):
                    return
                raise
            yield _outward(item, self._label, self._allow_mutation, ())
        raise StudentError(("EndlessIterator",), f"`{self._label}` gave more than {MOST_ITEMS} items")

    def __len__(self) -> int:
        try:
            return int(_run(len, self._value))
        except StudentError as error:
            if error.is_a(
                "TypeError"
            ):  # list() and sorted() ask for a length and expect this where there is none
                raise TypeError(error.message) from None
            raise

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, key: Any) -> Any:
        return _outward(_run(lambda: self._value[key]), self._label, self._allow_mutation, ())

    def parameters(self, *args: Any, **kwargs: Any) -> Iterator[Tensor]:
        """A snapshot of every parameter of a module: a leaf whose `.grad` is what has accumulated there."""
        return self._listed("parameters", *args, **kwargs)

    def named_parameters(self, *args: Any, **kwargs: Any) -> Iterator[tuple[str, Tensor]]:
        """(name, snapshot) of every parameter of a module."""
        return self._listed("named_parameters", *args, **kwargs)

    def named_buffers(self, *args: Any, **kwargs: Any) -> Iterator[tuple[str, Tensor]]:
        """(name, value) of every buffer of a module."""
        return self._listed("named_buffers", *args, **kwargs)

    def _listed(self, method: str, *args: Any, **kwargs: Any) -> Iterator[Any]:
        items = _run(lambda: list(getattr(self._value, method)(*args, **kwargs)))
        return iter(_outward(items, self._label, self._allow_mutation, ()))

    def __repr__(self) -> str:
        return f"<{self._label} of the notebook>"


class _Arguments:
    """The arguments of one call: copies where that leaves autograd alone, and which of them were changed."""

    def __init__(self, allow_mutation: bool) -> None:
        self._allow_mutation = allow_mutation
        self._watched: list[tuple[str, Tensor, Tensor, int]] = []
        self._containers: list[tuple[str, Container, list[object]]] = []
        self.given: tuple[Tensor, ...] = ()

    def inward(self, value: Any, place: str) -> Any:
        if isinstance(value, LiveHandle):
            return value._value
        if isinstance(value, Tensor):
            # A tensor with a gradient goes in itself, or its gradient would stop at the copy.
            passed = value if value.requires_grad else value.clone()
            self._watched.append((place, value, passed, passed._version))
            self.given += (passed,)
            return passed
        if isinstance(value, torch.Generator):
            return torch.Generator().manual_seed(value.initial_seed())
        if type(value) in (tuple, list):
            items = [self.inward(item, place) for item in value]
            return tuple(items) if type(value) is tuple else self._container(items, place)
        if isinstance(value, dict):
            return self._container({key: self.inward(item, place) for key, item in value.items()}, place)
        return value

    def _container(self, passed: Any, place: str) -> Any:
        self._containers.append((place, passed, parts(passed)))
        return passed

    def check(self, label: str) -> None:
        for place, original, passed, version in self._watched:
            if passed._version == version:
                continue
            if not self._allow_mutation:
                detail = f"changes {place} in place."
                raise Mismatch(
                    f"`{label}`", "mutation", detail, remark="Work on a copy, or without += and .._()."
                )
            if original is not passed:
                with torch.no_grad():
                    original.copy_(passed)
        for place, container, items in self._containers:
            if not holds(container, items) and not self._allow_mutation:
                detail = f"changes {place} in place."
                raise Mismatch(
                    f"`{label}`", "mutation", detail, remark="Work on a copy: list(...) or dict(...)."
                )


def _outward(value: Any, label: str, allow_mutation: bool, given: tuple[Tensor, ...]) -> Any:
    """A result as it would come out of another process: plain things by value, everything else as a handle."""
    if isinstance(value, Tensor):
        return _tensor_outward(value, given)
    if isinstance(value, _BY_VALUE):
        return value
    if isinstance(value, torch.Size):
        return tuple(value)
    if type(value) in (tuple, list):
        return type(value)(_outward(item, label, allow_mutation, given) for item in value)
    if isinstance(value, tuple):  # a named tuple
        return tuple(_outward(item, label, allow_mutation, given) for item in value)
    if isinstance(value, dict):
        return {key: _outward(item, label, allow_mutation, given) for key, item in value.items()}
    return LiveHandle(value, label, allow_mutation)


def _tensor_outward(value: Tensor, given: tuple[Tensor, ...]) -> Tensor:
    if type(value) not in _OWN_TENSORS or value.grad_fn is not None:
        return value
    if any(value is tensor for tensor in given):
        return value.clone()  # differentiable: the identity keeps its gradient
    snapshot = value.detach().clone()
    if value.requires_grad:
        snapshot.requires_grad_()
        snapshot.grad = None if value.grad is None else value.grad.detach().clone()
    return snapshot


def _run(function: Any, *args: Any, **kwargs: Any) -> Any:
    """Call the student's code; whatever it raises comes out as StudentError."""
    try:
        return function(*args, **kwargs)
    except (StudentError, Mismatch):
        raise  # a test's own callback failed
    except (Exception, SystemExit, OutOfTime) as error:
        _raise_as_student_error(error)


def _raise_as_student_error(error: BaseException) -> NoReturn:
    if isinstance(error, OutOfTime):
        raise StudentError(("TimeoutError",), str(error), where(error)) from None
    told = describe(error)
    # `from error` keeps the student's own traceback for those who debug with pytest.
    raise StudentError(told.types, told.message, told.where or where(error)) from error


_LIBRARY = tuple(
    {str(Path(__file__).parent)}
    | {str(Path(folder)) for folder in (*sysconfig.get_paths().values(), sys.prefix) if folder}
)


def where(error: BaseException) -> str:
    """The innermost line of a live notebook in an exception's traceback, or nothing."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(_LIBRARY)
    ]
    if not frames:
        return ""
    frame = frames[-1]
    scope = "" if frame.name.startswith("<") else f" of {frame.name}"
    return f"line {frame.lineno}{scope}"
