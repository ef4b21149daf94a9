"""The tests of a file and the exercise that each is marked with, read without running anything."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.authoring.chapter import AuthoringError


@dataclass(frozen=True)
class MarkedTest:
    """One test function: its exercise as marked at it, at its class or at its module, or nothing."""

    name: str
    line: int
    exercise: str
    arguments: tuple[str, ...]


def marked_tests(path: Path) -> list[MarkedTest]:
    """Every test function in a file, in order.

    Raises:
        AuthoringError: the file is not Python.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise AuthoringError(f"{path}:{line}: this is not Python: {getattr(error, 'msg', error)}") from None
    marks: dict[str, str] = {}
    everywhere = ""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values = node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
            if exercise := _exercise(values, marks):
                marks[node.targets[0].id] = exercise
                if node.targets[0].id == "pytestmark":
                    everywhere = exercise
    return _tests(tree.body, everywhere, marks)


def _tests(body: Iterable[ast.stmt], outer: str, marks: dict[str, str]) -> list[MarkedTest]:
    found: list[MarkedTest] = []
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            found += _tests(node.body, _exercise(node.decorator_list, marks) or outer, marks)
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            arguments = tuple(argument.arg for argument in (*node.args.args, *node.args.kwonlyargs))
            exercise = _exercise(node.decorator_list, marks) or outer
            found.append(MarkedTest(node.name, node.lineno, exercise, arguments))
    return found


def _exercise(nodes: Iterable[ast.expr], marks: dict[str, str]) -> str:
    """The exercise that a list of decorators or marks names: pytest.mark.exercise("conv2d"), or a name for it."""
    for node in nodes:
        match node:
            case ast.Call(func=ast.Attribute(attr="exercise"), args=[ast.Constant(value=str(exercise)), *_]):
                return exercise
            case ast.Name(id=name) if name in marks:
                return marks[name]
    return ""
