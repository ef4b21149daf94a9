"""Final scores in the files that learning platforms read: Canvas and Moodle take back the file that they exported.

Only a final score is written. Where a student's score is still to come, or nothing was handed in, the platform's cell
stays as it was, and the reply says for whom. Formats:

- Canvas, "Export" and "Import" of its gradebook: a header that begins with Student and ID, a row "Points Possible", one
  column an assignment whose name ends with Canvas's own number in brackets.
- Moodle, "Download grading worksheet" of an assignment: Identifier, Full name, Email address, Grade, Maximum grade.
- Moodle, "Grades > Import > CSV file": columns that the person who imports maps.
- Gradescope, ``results.json`` of its autograder: score and tests, each with its points and text.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.course import CourseError
from autograder.course.sheet import Sheet
from autograder.gradebook.export import Line, cell

CLOSE = 1e-6
"""Points that differ by less are the same number, written with other decimals."""


@dataclass(frozen=True)
class Merged:
    """A platform's file with scores in it.

    Attributes:
        document: the file. column: the title of the column that was filled. filled: students whose score was written.
            kept: students in the file whose cell stays as it was. absent: students with a final score whom the file
            does not have.
    """

    document: bytes
    column: str
    filled: tuple[str, ...]
    kept: tuple[str, ...]
    absent: tuple[str, ...]

    def summary(self) -> str:
        said = f"{len(self.filled)} scores in column {self.column!r}"
        if self.kept:
            said += f"; left as it was, since no final score is there: {_names(self.kept)}"
        if self.absent:
            said += f"; not in this file: {_names(self.absent)} (`autograder roster` tells who is who)"
        return said


def canvas(document: bytes, lines: Sequence[Line], *, column: str = "", scale: bool = False) -> Merged:
    """Merge the scores of one assignment into a gradebook that Canvas exported; all other cells keep their bytes.

    A student is found by Canvas's ID, which ``autograder roster`` enters; one without by login, SIS id or email.

    Args:
        lines: one assignment's. column: the title of Canvas's column, with its number or without; default: the one that
            is named as the assignment. scale: write scores in proportion to the points that Canvas has.

    Raises:
        CourseError: the file is none of Canvas's, no column or more than one fits, Canvas ignores the column, it has
            other points, or a row cannot be told to one student.
    """
    sheet = Sheet.parse(document, "the Canvas file")
    head = _row_with(sheet, "Student", "ID")
    if head is None:
        raise CourseError(
            "the Canvas file has no row that begins with Student and ID: take the file of Grades > Export in Canvas"
        )
    titles = sheet.values(head)
    target = _canvas_column(titles, column or lines[0].text("assignment"), asked=bool(column))
    possible = next((row for row in _after(sheet, head) if sheet.value(row, 0) == "Points Possible"), None)
    factor, comma = 1.0, False
    if possible is not None:
        said = sheet.value(possible, target)
        if "read only" in said.lower():
            raise CourseError(
                f"Canvas does not import the column {titles[target]!r} (read only): choose another one"
            )
        comma = sheet.delimiter == ";" and "," in said
        factor = _factor(_number(said), lines[0].values["max_score"], titles[target], scale)
    id_at = titles.index("ID")
    rows = [row for row in _after(sheet, head) if row != possible and sheet.value(row, id_at)]
    others = [
        at for at, title in enumerate(titles) if title in ("SIS Login ID", "SIS User ID", "Integration ID")
    ]

    def keys(line: Line, row: int) -> bool:
        if known := line.text("lms_user_id"):
            return sheet.value(row, id_at) == known
        own = {line.student.casefold(), line.text("email").casefold()} - {""}
        return any(sheet.value(row, at).casefold() in own for at in (id_at, *others))

    return _fill(sheet, rows, target, titles[target], lines, keys, factor, comma)


def moodle_worksheet(document: bytes, lines: Sequence[Line], *, scale: bool = False) -> Merged:
    """Merge the scores of one assignment into a grading worksheet that Moodle made; all other cells keep their bytes.

    A student is found by email address, or by ID number or username where the worksheet has one.

    Raises:
        CourseError: the file is not a worksheet, it has other points, or a row cannot be told to one student.
    """
    sheet = Sheet.parse(document, "the Moodle worksheet")
    head = _row_with(sheet, "Identifier", "Grade")
    if head is None:
        raise CourseError(
            "the Moodle worksheet has no columns Identifier and Grade: take the file of `Download grading worksheet`, "
            "or leave --into out and import the file that is made under Grades > Import > CSV file"
        )
    titles = [title.casefold() for title in sheet.values(head)]
    target, identifier = titles.index("grade"), titles.index("identifier")
    rows = [row for row in _after(sheet, head) if sheet.value(row, identifier)]
    most = titles.index("maximum grade") if "maximum grade" in titles else None
    factor, comma = 1.0, False
    if most is not None and rows:
        said = sheet.value(rows[0], most)
        comma = "," in said and sheet.delimiter != ","
        factor = _factor(_number(said), lines[0].values["max_score"], "Grade", scale)
    places = {
        name: titles.index(name)
        for name in ("email address", "id number", "username", "identifier")
        if name in titles
    }

    def keys(line: Line, row: int) -> bool:
        own = {
            "email address": (line.text("email"), line.student),
            "id number": (line.text("lms_user_id"), line.student),
            "username": (line.student,),
            "identifier": (line.text("lms_user_id"),),
        }
        return any(
            (value := sheet.value(row, at).casefold()) and value in (text.casefold() for text in own[name])
            for name, at in places.items()
        )

    return _fill(sheet, rows, target, "Grade", lines, keys, factor, comma)


def moodle_import(lines: Sequence[Line]) -> str:
    """A table for Moodle's import of grades: those with a final score. The ids are written as Moodle has them."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    assignment = lines[0].text("assignment") if lines else "Grade"
    writer.writerow(["Username", "ID number", "Email address", "First name", "Last name", cell(assignment)])
    for line in lines:
        if line.final is not None:
            names = [cell(line.text("first_name")), cell(line.text("last_name"))]
            keys = [line.student, line.text("lms_user_id"), line.text("email")]
            writer.writerow([*keys, *names, _written(line.final)])
    return table.getvalue()


def gradescope(line: Line, points: dict[str, float], texts: dict[str, str]) -> dict[str, Any]:
    """Gradescope's ``results.json`` of a final score.

    Args:
        points: of each grade cell. texts: each grade cell's feedback, with ANSI colours.

    Raises:
        ValueError: the score is still to come; Gradescope would read a document without it as a failure.
    """
    if line.final is None:
        raise ValueError(f"{line.who} has no final score")
    tests = [
        {
            "name": name,
            "score": score,
            "max_score": points[name],
            "status": "passed" if score is not None and score >= points[name] else "failed",
            "output": texts.get(name, ""),
            "output_format": "ansi",
            "visibility": "visible",
        }
        for name, score in line.exercises.items()
    ]
    said = f"{_written(line.final)} of {_written(line.values['max_score'])} points."
    if penalty := line.values["late_submission_penalty"]:
        said += f" Handed in late: {_written(penalty)} points less."
    return {"score": line.final, "output": said, "output_format": "text", "tests": tests}


def gradescope_json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _fill(
    sheet: Sheet,
    rows: list[int],
    target: int,
    title: str,
    lines: Sequence[Line],
    fits: Callable[[Line, int], bool],
    factor: float,
    comma: bool,
) -> Merged:
    owner: dict[int, str] = {}
    filled, kept, absent = [], [], []
    for line in lines:
        found = [row for row in rows if fits(line, row)]
        if len(found) > 1:
            raise CourseError(
                f"rows {', '.join(str(row + 1) for row in found)} of the file all fit {line.student!r}: give each "
                "student the platform's own id with `autograder roster`"
            )
        for row in found:
            if row in owner:
                raise CourseError(
                    f"row {row + 1} of the file fits {owner[row]!r} and {line.student!r}: give each student the "
                    "platform's own id with `autograder roster`"
                )
            owner[row] = line.student
            if line.final is None:
                kept.append(line.student)
                continue
            text = _written(line.final * factor)
            sheet.put(row, target, text.replace(".", ",") if comma else text)
            filled.append(line.student)
        if not found and line.final is not None:
            absent.append(line.student)
    return Merged(sheet.encode(), title, tuple(filled), tuple(kept), tuple(absent))


def _canvas_column(titles: list[str], wanted: str, *, asked: bool) -> int:
    """The place of the one column of an assignment of Canvas's that is named so."""
    columns = {
        at: numbered.group(1)
        for at, title in enumerate(titles)
        if (numbered := re.fullmatch(r"(.*) \(\d+\)", title))
    }
    exact = [
        at for at, name in columns.items() if wanted.casefold() in (name.casefold(), titles[at].casefold())
    ]
    word = re.compile(rf"(?<!\w){re.escape(wanted)}(?!\w)", re.IGNORECASE)
    found = exact or ([] if asked else [at for at, name in columns.items() if word.search(name)])
    if len(found) == 1:
        return found[0]
    there = (
        ", ".join(repr(titles[at]) for at in found or columns) or "none; make the assignment in Canvas first"
    )
    several = "more than one column" if found else "no column"
    raise CourseError(
        f"{several} of the Canvas file is named {wanted!r}: say which with --column (there: {there})"
    )


def _factor(theirs: float | None, ours: float, title: str, scale: bool) -> float:
    if theirs is None or abs(theirs - ours) < CLOSE:
        return 1.0
    if not scale or ours <= 0:
        raise CourseError(
            f"the platform has {theirs:g} points for {title!r}, the gradebook {ours:g}: change the platform's, or "
            "convert with --scale"
        )
    return theirs / ours


def _row_with(sheet: Sheet, *titles: str) -> int | None:
    """The first row that has all these cells."""
    wanted = {title.casefold() for title in titles}
    rows = range(min(len(sheet.rows), 10))
    return next((row for row in rows if wanted <= {text.casefold() for text in sheet.values(row)}), None)


def _after(sheet: Sheet, head: int) -> range:
    return range(head + 1, len(sheet.rows))


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", ".", 1))
    except ValueError:
        return None


def _written(score: float) -> str:
    """A score without needless zeros; four decimals at most, which no platform rounds away."""
    return f"{score:.4f}".rstrip("0").rstrip(".")


def _names(students: tuple[str, ...], most: int = 8) -> str:
    more = f" and {len(students) - most} more" if len(students) > most else ""
    return ", ".join(students[:most]) + more
