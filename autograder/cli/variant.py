"""`autograder variant`: a misconception in full beside its base, or the misconceptions of an exercise."""

from __future__ import annotations

import difflib

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.grading.assignment import Assignment
from autograder.grading.variants import Variant, base_source, find_misconception, list_misconceptions

_COLOURS = {"slip": "green", "partial": "yellow", "serious": "red"}


def list_variants(assignment: Assignment, exercise: str, out: Console) -> None:
    """Print the exercise's misconceptions with severity and hint. CourseError where there are none."""
    table = Table(title=f"{assignment.name} {exercise}", title_justify="left")
    for column in ("misconception", "severity", "hint"):
        table.add_column(column, no_wrap=column != "hint")
    for one in list_misconceptions(assignment, exercise):
        table.add_row(Text(one.name), Text(one.severity, style=_COLOURS[one.severity]), Text(one.hint))
    out.print(table)


def show_variant(assignment: Assignment, exercise: str, name: str, out: Console) -> None:
    """Print a misconception's cell, its difference to the base marked and coloured.

    Raises:
        CourseError: there is no such exercise or misconception; the message names those there are.
    """
    one = find_misconception(assignment, exercise, name)
    about = f"an edit of {one.base}" if one.base else "a cell of its own"
    out.print(Text.assemble((one.name, "bold"), f" ({one.severity}), {about}, {one.place}"), soft_wrap=True)
    out.print(Text(one.hint, style="italic"), soft_wrap=True)
    out.print()
    for line in _marked_lines(assignment, one):
        style = {"+": "green", "-": "red"}.get(line[0], "")
        out.print(Text(line, style=style), soft_wrap=True)


def _marked_lines(assignment: Assignment, one: Variant) -> list[str]:
    """The cell's lines after two columns: + for what the misconception has, - for what its base has in that place."""
    source = one.source.splitlines()
    base = base_source(assignment, one.exercise, one.base).splitlines() if one.base else source
    return [line.rstrip() or " " for line in difflib.ndiff(base, source) if not line.startswith("?")]
