"""Other solutions of an exercise that ship with a suite: misconceptions (wrong on purpose) and valid alternatives."""

from __future__ import annotations

import ast
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.course import CourseError
from autograder.grading.assignment import Assignment
from autograder.grading.edits import REFERENCE, SEVERITIES, EditError, Misconception, apply

MISCONCEPTIONS = "misconceptions.py"
ALTERNATIVES = "alternatives"
_REGION_MARKS = ("### BEGIN SOLUTION", "### END SOLUTION")


@dataclass(frozen=True)
class Variant:
    """A full replacement of an exercise's solution cell.

    Attributes:
        hint: for a misconception the sentence its student is told, for an alternative its docstring's first paragraph.
        severity: of a misconception "slip", "partial" or "serious"; of an alternative nothing.
        base: the right solution that a misconception's edits change; empty where it is a whole cell.
        place: file and line where it is written. It takes no part in comparisons.
    """

    exercise: str
    name: str
    hint: str
    source: str
    severity: str = ""
    base: str = ""
    place: str = field(default="", compare=False)


def load_misconceptions(assignment: Assignment, exercise: str | None = None) -> tuple[Variant, ...]:
    """The assignment's misconceptions in full, or one exercise's, sorted by exercise and in their author's order.

    Raises:
        CourseError: one is not written as it must be; the message names the file and the line to mend.
    """
    return tuple(
        variant
        for path in sorted(assignment.suite.glob(f"{exercise or '*'}/{MISCONCEPTIONS}"))
        for variant in _expanded(path, assignment)
    )


def find_misconception(assignment: Assignment, exercise: str, name: str) -> Variant:
    """The misconception of that name. CourseError tells which exercises or misconceptions there are."""
    found = list_misconceptions(assignment, exercise)
    for one in found:
        if one.name == name:
            return one
    there = ", ".join(one.name for one in found)
    raise CourseError(f"{exercise} has no misconception called {name!r} (there: {there})")


def list_misconceptions(assignment: Assignment, exercise: str) -> tuple[Variant, ...]:
    """The exercise's misconceptions. CourseError where it has none; the message names the exercises that have."""
    if not (assignment.suite / exercise / MISCONCEPTIONS).is_file():
        there = ", ".join(path.parent.name for path in sorted(assignment.suite.glob(f"*/{MISCONCEPTIONS}")))
        raise CourseError(f"{assignment.name} has no misconceptions of {exercise!r} (there: {there})")
    return load_misconceptions(assignment, exercise)


def load_alternatives(assignment: Assignment, exercise: str | None = None) -> tuple[Variant, ...]:
    """The assignment's valid alternatives, or one exercise's, sorted by exercise and name.

    Raises:
        CourseError: a file has no docstring or is not Python.
    """
    paths = sorted(assignment.suite.glob(f"{exercise or '*'}/{ALTERNATIVES}/*.py"))
    return tuple(_alternative(path) for path in paths)


def base_source(assignment: Assignment, exercise: str, base: str) -> str:
    """The right solution that misconceptions of the exercise edit: its code without the docstring that names its style.

    Raises:
        CourseError: there is no such base; the message names those there are.
    """
    if base == REFERENCE:
        cell = assignment.known.get(f"{exercise}_solution")
        if cell is None:
            raise CourseError(f"no solution cell is called {exercise}_solution")
        lines = [line for line in cell.source.strip("\n").split("\n") if line.strip() not in _REGION_MARKS]
        return "\n".join(lines) + "\n"
    folder = assignment.suite / exercise / ALTERNATIVES
    path = folder / f"{base}.py"
    if not path.is_file():
        there = ", ".join([REFERENCE, *sorted(p.stem for p in folder.glob("*.py"))])
        raise CourseError(f"there is no base called {base!r} (there: {there})")
    source = _alternative(path).source
    return "\n".join(source.split("\n")[ast.parse(source).body[0].end_lineno :]).lstrip("\n")


def read_misconceptions(path: Path) -> list[Misconception]:
    """The declarations of a `misconceptions.py`, each with its base, not expanded and not checked.

    Raises:
        CourseError: it does not run, or has no list called MISCONCEPTIONS; the message names the line.
    """
    namespace: dict[str, object] = {"__name__": path.stem}
    try:
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True), namespace)
    except SyntaxError as error:
        raise CourseError(f"{path}:{error.lineno}: this is not Python: {error.msg}") from error
    except Exception as error:
        here = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
        raise CourseError(f"{path}:{here[-1] if here else 1}: {error}") from error
    declared = namespace.get("MISCONCEPTIONS")
    if not isinstance(declared, list) or not all(isinstance(one, Misconception) for one in declared):
        raise CourseError(f"{path}: it must define MISCONCEPTIONS, a list of misconception(...)")
    base = namespace.get("BASE", "")
    return [one if one.base or one.cell else replace(one, base=base) for one in declared]


def _expanded(path: Path, assignment: Assignment) -> list[Variant]:
    exercise, bases, names = path.parent.name, dict[str, str](), dict[str, int]()

    def base(name: str) -> str:
        if name not in bases:
            bases[name] = base_source(assignment, exercise, name)
        return bases[name]

    variants = []
    for one in read_misconceptions(path):
        if one.name in names:
            raise CourseError(f"{path}:{one.line}: {one.name!r} stands in line {names[one.name]} already")
        names[one.name] = one.line
        try:
            source = _source(one, base)
        except EditError as error:
            raise CourseError(f"{path}:{error.line}: {one.name}: {error}") from error
        except CourseError as error:
            raise CourseError(f"{path}:{one.line}: {one.name}: {error}") from error
        place = f"{path}:{one.line}"
        variants.append(Variant(exercise, one.name, one.hint, source, one.severity, one.base, place))
    return variants


def _source(one: Misconception, base: Callable[[str], str]) -> str:
    """The misconception's whole cell.

    Raises:
        CourseError, EditError: it is not written as it must be.
    """
    if not one.name.isidentifier():
        raise CourseError("a name is letters, digits and underscores")
    if not one.hint:
        raise CourseError("it has no hint: say what a teacher would say")
    if one.severity not in SEVERITIES:
        raise CourseError(f"its severity is {one.severity!r}, not one of {', '.join(SEVERITIES)}")
    if one.cell and (one.base or one.edits):
        raise CourseError("it has a cell of its own: remove base and edits")
    if not one.cell and not (one.base and one.edits):
        raise CourseError("it needs edits and a base (its own, or the file's BASE), or a cell of its own")
    source = one.cell + "\n" if one.cell else apply(one.edits, base(one.base))
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        text = (error.text or "").strip()
        raise CourseError(
            f"{'edited ' if one.edits else ''}it is not Python: {error.msg} in {text!r}"
        ) from error
    if one.base and ast.dump(tree) == ast.dump(ast.parse(base(one.base))):
        raise CourseError(f"its edits change nothing of {one.base!r}")
    return source


def _alternative(path: Path) -> Variant:
    source = path.read_text(encoding="utf-8")
    try:
        docstring = ast.get_docstring(ast.parse(source))
    except SyntaxError as error:
        raise CourseError(f"{path}:{error.lineno}: this is not Python: {error.msg}") from error
    if not docstring:
        raise CourseError(f"{path}:1: it begins with no docstring: say in one sentence how it differs")
    hint = " ".join(docstring.split("\n\n")[0].split())
    return Variant(path.parent.parent.name, path.stem, hint, source, place=f"{path}:1")
