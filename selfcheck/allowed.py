"""A look at the names a solution uses, for those that its exercise does not allow; the grader looks closer."""

from __future__ import annotations

import ast
import inspect
import json
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import torch
from torch import nn

_PUBLIC = (torch, nn, nn.functional, torch.optim, torch.autograd)


NOT_ALLOWED = "not_allowed.json"
"""The file beside the public tests that says what each exercise does not allow."""


@dataclass(frozen=True)
class NotAllowed:
    """What one exercise does not allow.

    Attributes:
        names: qualified names or patterns of them, such as "torch.nn.Conv*".
        within: those that one function or class may not use besides, by its name.
    """

    names: tuple[str, ...] = ()
    within: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, name: str) -> tuple[str, ...]:
        """All that the function or class of that name may not use."""
        return (*self.names, *self.within.get(name, ()))


def read_not_allowed(folder: Path, exercise: str) -> NotAllowed:
    """The things that an exercise does not allow, from the file beside its public tests.

    Raises:
        FileNotFoundError: the file is not there. ValueError: it is not as it was made, or says nothing of the
            exercise.
    """
    path = folder / NOT_ALLOWED
    if not path.is_file():
        raise FileNotFoundError(f"{NOT_ALLOWED} is not in {folder.resolve()}: keep it beside the notebook")
    try:
        told = json.loads(path.read_text(encoding="utf-8"))[exercise]
        within = {str(name): tuple(map(str, names)) for name, names in told["within"].items()}
        return NotAllowed(tuple(map(str, told["names"])), within)
    except (ValueError, LookupError, TypeError, AttributeError):
        raise ValueError(
            f"{path} does not say what {exercise!r} does not allow: take the file that you were given"
        ) from None


def assert_own(solution: Any, not_allowed: NotAllowed) -> None:
    """Check that a function or class of the student's uses nothing that its exercise does not allow.

    Args:
        solution: such as `student.conv2d`.
        not_allowed: the fixture of that name: what the test's exercise does not allow.

    Raises:
        AssertionError: naming what is used. Where the source cannot be found nothing is said.
    """
    __tracebackhide__ = True
    value = getattr(solution, "_value", solution)  # `student.conv2d` is a handle of it
    patterns = not_allowed.of(getattr(value, "__name__", ""))
    for where, written, name in _names(value):
        assert not any(fnmatchcase(name, pattern) for pattern in patterns), (
            f"`{where}` uses `{written}`, which this exercise does not allow: "
            "graded as it is, the exercise gets no points."
        )


def _names(value: Any) -> Iterator[tuple[str, str, str]]:
    """The parts of a function or class: in which function, as it is written there, and by its qualified name."""
    label = getattr(value, "__name__", "it")
    for made_of in value.__mro__ if isinstance(value, type) else (value,):
        yield from ((label, name, name) for name in _public_names(made_of))
    for function in _functions(value):
        yield from ((function.__qualname__, written, name) for written, name in _used(function))


def _functions(value: Any) -> Iterator[FunctionType]:
    for member in vars(value).values() if isinstance(value, type) else (value,):
        function = inspect.unwrap(member) if callable(member) else None
        if isinstance(function, FunctionType):
            yield function


def _used(function: FunctionType) -> Iterator[tuple[str, str]]:
    """The objects that a function refers to: as it is written there, and by its qualified name."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):
        return
    mentioned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    known = {
        name: _public_names(function.__globals__[name]) for name in mentioned & function.__globals__.keys()
    }
    known.update(_imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Attribute, ast.Name)):
            for name in _qualified(node, known):
                yield ast.unparse(node), name


def _public_names(value: Any) -> list[str]:
    """Under which names PyTorch has a value: nn.Conv2d is torch.nn.Conv2d, whatever the notebook calls it."""
    if isinstance(value, ModuleType):
        return [value.__name__]
    return [f"{m.__name__}.{name}" for m in _PUBLIC for name, other in vars(m).items() if other is value]


def _imported(tree: ast.AST) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update({a.asname: [a.name] for a in node.names if a.asname})
            found.update({top: [top] for a in node.names if (top := a.name.partition(".")[0]) in sys.modules})
        elif isinstance(node, ast.ImportFrom):
            found.update({a.asname or a.name: [f"{node.module}.{a.name}"] for a in node.names})
    return found


def _qualified(node: ast.expr, known: Mapping[str, Sequence[str]]) -> list[str]:
    if isinstance(node, ast.Name):
        return list(known.get(node.id, ()))
    assert isinstance(node, ast.Attribute)
    if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
        return []
    if isinstance(node.value, (ast.Attribute, ast.Name)) and (owners := _qualified(node.value, known)):
        return [f"{owner}.{node.attr}" for owner in owners]
    return [f"torch.Tensor.{node.attr}"]  # a method of who knows what: a tensor's, as far as we care
