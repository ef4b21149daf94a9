"""An assignment's cells as its author wrote them, each with its line in the text: cards, exercises, points."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jupytext

from autograder.authoring.notebooks import chunks

_HEADING = re.compile(r"#+ Exercise `(\w+)`$")
_RATED = re.compile(r"^\*\*Difficulty\*\* [●○]{3} · \*\*importance\*\* [●○]{3}$", re.MULTILINE)
_ROW = re.compile(r"\|(.+)\|$")
_EXERCISE = re.compile(r"`(\w+)`")


@dataclass(frozen=True)
class AuthorsCell:
    """One cell of a percent text.

    Attributes:
        path: the text. line: of the cell's mark. kind: "code" or "markdown". source: without the mark.
        id: its grade_id, or nothing. role: "exercise" for a check cell that is graded by machine, "written" for an
            answer graded by hand, "solution" for what an exercise's students write, else nothing.
    """

    path: Path
    line: int
    kind: str
    source: str
    id: str
    role: str
    points: float

    def line_of(self, words: str) -> int:
        """The line in the text of the first line of the cell that holds those words, or of its mark."""
        for number, text in enumerate(self.source.splitlines(), start=self.line + 1):
            if words in text:
                return number
        return self.line


@dataclass(frozen=True)
class Card:
    """The card that opens an exercise: a heading and the table below it.

    Attributes:
        rated: a line says how difficult and how important the exercise is.
    """

    exercise: str
    path: Path
    line: int
    entries: dict[str, str]
    rated: bool


@dataclass(frozen=True)
class Row:
    """One row of the table of points at the top of an assignment; a row without exercise is of written questions,
    or of what is still to come."""

    path: Path
    line: int
    exercise: str
    title: str
    points: float
    minutes: str

    @property
    def to_come(self) -> bool:
        return not self.exercise and self.title.strip("*").lower() == TO_COME


TO_COME = "to come"
"""The title of the row that holds the points that no exercise has yet."""


def cells_of(path: Path) -> list[AuthorsCell]:
    """The cells of a percent text, in order; the text must be one that `from_text` reads."""
    text = path.read_text(encoding="utf-8")
    read = jupytext.reads(text, fmt="py:percent").cells
    header, parts = chunks(text)
    line = header.count("\n") + 1
    found = []
    for cell, part in zip(read, parts, strict=True):
        marks = cell.metadata.get("nbgrader", {})
        graded, solution = bool(marks.get("grade")), bool(marks.get("solution") or marks.get("task"))
        role = {
            (True, False): "exercise",
            (True, True): "written",
            (False, True): "solution",
            (False, False): "",
        }[graded, solution]
        found.append(
            AuthorsCell(
                path,
                line,
                cell.cell_type,
                cell.source,
                str(marks.get("grade_id", "")),
                role,
                float(marks.get("points", 0) or 0),
            )
        )
        line += part.count("\n")
    return found


def cards_of(cells: list[AuthorsCell]) -> list[Card]:
    """The cards in the text, in order."""
    found = []
    for cell in cells:
        heading = _HEADING.match(cell.source.splitlines()[0]) if cell.source else None
        if cell.kind != "markdown" or heading is None:
            continue
        rows = list(_rows(cell))
        titles, entries = (rows[0][1], rows[1][1]) if len(rows) > 1 else ([], [])
        line = rows[1][0] if len(rows) > 1 else cell.line + 1
        rated = _RATED.search(cell.source) is not None
        found.append(Card(heading[1], cell.path, line, dict(zip(titles, entries, strict=False)), rated))
    return found


def table_of(cells: list[AuthorsCell]) -> list[Row]:
    """The rows of the table of points: the first whose columns end with points and minutes."""
    for cell in cells:
        rows = list(_rows(cell)) if cell.kind == "markdown" else []
        if rows and rows[0][1][-2:] == ["points", "minutes"]:
            return [_row(cell.path, line, entries) for line, entries in rows[1:]]
    return []


def _row(path: Path, line: int, entries: list[str]) -> Row:
    title = entries[-3] if len(entries) > 2 else ""
    named = _EXERCISE.match(title)
    points = sum(float(number) for number in re.findall(r"\d+(?:\.\d+)?", entries[-2]))
    return Row(path, line, named[1] if named else "", title, points, entries[-1])


def _rows(cell: AuthorsCell) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first table in a markdown cell with their lines in the text, the ruler left out."""
    begun = False
    for number, text in enumerate(cell.source.splitlines(), start=cell.line + 1):
        found = _ROW.match(text.strip())
        if found is None:
            if begun:
                return
            continue
        begun = True
        entries = [entry.strip() for entry in found[1].split("|")]
        if not all(re.fullmatch(r":?-+:?", entry) for entry in entries):
            yield number, entries
