"""Other solutions of an exercise that ship with a suite: misconceptions (wrong on purpose) and valid alternatives."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from autograder.course import CourseError


@dataclass(frozen=True)
class Variant:
    """A full replacement of an exercise's solution cell.

    Attributes:
        hint: first paragraph of the file's docstring; for a misconception, the sentence its student is told.
    """

    exercise: str
    name: str
    hint: str
    source: str


def load_variants(suite: Path, kind: str) -> tuple[Variant, ...]:
    """The suite's `misconceptions` or `alternatives`, sorted by exercise and name.

    Raises:
        CourseError: a file has no docstring or is no Python.
    """
    return tuple(_variant(path) for path in sorted(suite.glob(f"*/{kind}/*.py")))


def _variant(path: Path) -> Variant:
    source = path.read_text(encoding="utf-8")
    try:
        hint = ast.get_docstring(ast.parse(source))
    except SyntaxError as error:
        raise CourseError(f"{path} is not Python: {error}") from error
    if not hint:
        raise CourseError(f"{path} begins with no docstring: its first paragraph is the hint")
    return Variant(path.parent.parent.name, path.stem, " ".join(hint.split("\n\n")[0].split()), source)
