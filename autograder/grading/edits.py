"""How an author writes a misconception down: a few edits of a right solution, with its hint and severity.

An exercise's `misconceptions.py` holds a list of them, and names the base of all that name none of their own:

    BASE = "loops_over_groups"

    MISCONCEPTIONS = [
        misconception(
            "axes_swapped",
            hint="Height comes first in (N, C, H, W): which of the two strides is yours?",
            severity="partial",
            edits=[edit("sh, sw = ", "sw, sh = ")],
        ),
    ]
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Severity = Literal["slip", "partial", "serious"]
"""A slip leaves a student 60 to 95% of the exercise's points, a partial understanding 30 to 75%, a serious one at
most 45%."""
SEVERITIES: tuple[str, ...] = get_args(Severity)
REFERENCE = "reference"
"""The base that is the solution cell of the source notebook."""


class EditError(Exception):
    """An edit that cannot be made.

    Attributes:
        line: where the edit is written in its file, from 1.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Edit:
    """Text of a base and what is made of it.

    Attributes:
        new: the text in its place; where `adds`, lines put after the line that has the text.
        line: where the edit is written, from 1.
    """

    old: str
    new: str
    line: int
    adds: bool = False


@dataclass(frozen=True)
class Misconception:
    """A wrong solution as its author wrote it down.

    Attributes:
        base: the right solution that the edits change; empty where `cell` is the whole solution.
        line: where it is written, from 1.
    """

    name: str
    hint: str
    severity: str
    base: str
    edits: tuple[Edit, ...]
    cell: str
    line: int


def edit(old: str, new: str) -> Edit:
    """Put `new` in the place of `old`, which must be there exactly once.

    Text within one line is found wherever it stands. Text of several lines, best in triple quotes, stands for whole
    lines at any indentation, its own indentation taken off; the new lines are indented like those they replace. An
    empty `new` removes the text, and the line that it leaves empty.
    """
    return Edit(_unquoted(old), _unquoted(new), sys._getframe(1).f_lineno)


def after(line: str, added: str) -> Edit:
    """Put `added` below the line that has the text `line`, which must be there exactly once.

    The added lines are indented like that line; text within one line may begin with more white space, for a line that
    opens a block.
    """
    return Edit(_unquoted(line), _unquoted(added), sys._getframe(1).f_lineno, adds=True)


def misconception(
    name: str,
    *,
    hint: str,
    severity: Severity,
    base: str = "",
    edits: Sequence[Edit] = (),
    cell: str = "",
) -> Misconception:
    """A wrong solution of the exercise in whose folder it is written.

    Args:
        name: what the student believes or forgets, as an identifier; unique in the exercise.
        hint: the one sentence that a teacher would say to a student with this misconception.
        severity: "slip", "partial" or "serious".
        base: the name of a file in the exercise's `alternatives/`, or "reference" for the solution cell; the file's
            BASE where it is left out.
        edits: made in this order, each on what the ones before it made.
        cell: the whole solution cell in the place of base and edits, where it shares nothing with a right one.
    """
    return Misconception(
        name, " ".join(hint.split()), severity, base, tuple(edits), _unquoted(cell), sys._getframe(1).f_lineno
    )


def apply(edits: Sequence[Edit], source: str) -> str:
    """The source with every edit made, one after the other.

    Raises:
        EditError: an edit's text is not in the source exactly once.
    """
    for one in edits:
        change = _replaced_lines if "\n" in one.old else _added if one.adds else _replaced_part
        source = change(one, source)
    return source


def _added(one: Edit, source: str) -> str:
    start = _place(one, source)
    line_end = (source + "\n").index("\n", start)
    indent = _indent(source[source.rfind("\n", 0, start) + 1 : line_end])
    return source[:line_end] + "\n" + _indented(one.new, indent) + source[line_end:]


def _replaced_part(one: Edit, source: str) -> str:
    start = _place(one, source)
    end = start + len(one.old)
    line_start, line_end = source.rfind("\n", 0, start) + 1, (source + "\n").index("\n", end)
    line = source[line_start:line_end]
    if not one.new and line.strip() == one.old.strip():
        return source[:line_start] + source[line_end + 1 :]
    indent = _indent(line)
    return source[:start] + _indented(one.new, indent).removeprefix(indent) + source[end:]


def _replaced_lines(one: Edit, source: str) -> str:
    lines, wanted = source.split("\n"), one.old.split("\n")
    found = []
    for start in range(len(lines) - len(wanted) + 1):
        indent = _indent(lines[start])[: max(len(lines[start]) - len(wanted[0]), 0)]
        if lines[start : start + len(wanted)] == _indented(one.old, indent).split("\n"):
            found.append((start, indent))
    _check_count(one, len(found))
    start, indent = found[0]
    end = start + len(wanted)
    new = _indented(one.new, indent).split("\n") if one.new else []
    return "\n".join([*lines[: end if one.adds else start], *new, *lines[end:]])


def _place(one: Edit, source: str) -> int:
    _check_count(one, source.count(one.old) if one.old else 0)
    return source.index(one.old)


def _check_count(one: Edit, count: int) -> None:
    if count != 1:
        shown = one.old.split("\n")[0] + (" ..." if "\n" in one.old else "")
        often = f"{count} times; add a word or a line that makes it one place" if count else "nowhere"
        raise EditError(f"the base has {shown!r} {often}", one.line)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _indented(text: str, indent: str) -> str:
    return "\n".join(indent + line if line else line for line in text.split("\n"))


def _unquoted(text: str) -> str:
    """Text in triple quotes without the lines and the indentation that the quotes brought."""
    return textwrap.dedent(text).strip("\n") if "\n" in text else text
