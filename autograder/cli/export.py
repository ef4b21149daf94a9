"""`autograder export`: the gradebook's scores as a table that tells a zero from a score that is still to come, and in
the files that learning platforms read."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Course, CourseError
from autograder.gradebook.cells import marked_cells
from autograder.gradebook.export import WAITS, Export, Line, as_csv
from autograder.gradebook.platforms import (
    canvas,
    gradescope,
    gradescope_json,
    moodle_import,
    moodle_worksheet,
)
from autograder.gradebook.table import Table, read_table


class Format(enum.StrEnum):
    """The forms that scores can be written in."""

    CSV = "csv"
    CANVAS = "canvas"
    MOODLE = "moodle"
    GRADESCOPE = "gradescope"


@dataclass(frozen=True)
class Platform:
    """The file of a learning platform's that is asked for.

    Attributes:
        into: the file that the platform exported. column: the title of its column. scale: convert to its points.
    """

    format: Format
    into: Path | None = None
    column: str = ""
    scale: bool = False


def run_export(
    course: Course, to: Path, *, assignments: list[str], students: list[str], only_final: bool = False
) -> Export:
    """Write the scores, of all assignments and students where none is named.

    Raises:
        CourseError: there is no gradebook, a name is not in it, ``to`` cannot be made, or ``only_final`` is asked for
        and a submission waits; then nothing is written.
    """
    _has_folder(to)
    table = read_table(course, assignments, students)
    _are_final(table, only_final)
    to.write_text(as_csv(table.lines), encoding="utf-8", newline="")
    return Export(table.lines)


def run_platform_export(
    course: Course,
    to: Path | None,
    platform: Platform,
    *,
    assignments: list[str],
    students: list[str],
    only_final: bool = False,
) -> str:
    """Write one assignment's final scores for a learning platform; returns what was done, in a line.

    The file that the platform exported is never changed: ``to`` is by default a new one beside it.

    Raises:
        CourseError: as `run_export`, or not exactly one assignment is named, or the platform's file does not fit it.
    """
    if platform.format is Format.CANVAS and platform.into is None:
        raise CourseError("give the file that Canvas exported with --into: its ids and columns are kept")
    if platform.into is not None and platform.format is Format.GRADESCOPE:
        raise CourseError("Gradescope gets a folder with one results.json a student: --into is not for it")
    table = read_table(course, assignments, students, only_one=f"a file for {platform.format}")
    (assignment,), lines = table.assignments, table.lines
    target = to or _default_target(platform, assignment)
    _has_folder(target)
    _are_final(table, only_final)
    if not lines:
        raise CourseError(f"nobody is in the gradebook: run `autograder grade {assignment}` first")
    if platform.format is Format.GRADESCOPE:
        return _write_gradescope(course, target, lines, table.points)
    if platform.into is None:
        target.write_text(moodle_import(lines), encoding="utf-8", newline="")
        return f"{Export(lines).summary()}; the final ones are in {target}"
    document = platform.into.read_bytes()
    if platform.format is Format.CANVAS:
        merged = canvas(document, lines, column=platform.column, scale=platform.scale)
    else:
        merged = moodle_worksheet(document, lines, scale=platform.scale)
    target.write_bytes(merged.document)
    return f"{merged.summary()}. Written to {target}"


def _write_gradescope(course: Course, folder: Path, lines: tuple[Line, ...], points: dict[str, float]) -> str:
    waiting = []
    for line in lines:
        if line.final is None:
            if line.status == WAITS:
                waiting.append(line.student)
            continue
        own = folder / line.student
        own.mkdir(parents=True, exist_ok=True)
        cells = marked_cells(course.autograded / line.student / line.text("assignment"))
        texts = {cell.grade_id: cell.text for cell in cells if cell.marks.get("grade") and cell.text}
        (own / "results.json").write_text(gradescope_json(gradescope(line, points, texts)), encoding="utf-8")
    said = f"{Export(lines).summary()}; a results.json for each final one is under {folder}"
    return said + (f"; none for {', '.join(waiting)}, who wait for a person" if waiting else "")


def _default_target(platform: Platform, assignment: str) -> Path:
    if platform.into is not None:
        return platform.into.with_name(f"{platform.into.stem}-{assignment}{platform.into.suffix}")
    return Path(
        "gradescope" if platform.format is Format.GRADESCOPE else f"{platform.format}-{assignment}.csv"
    )


def _has_folder(to: Path) -> None:
    if not to.resolve().parent.is_dir():
        raise CourseError(f"the folder {to.resolve().parent} does not exist; make it first")


def _are_final(table: Table, only_final: bool) -> None:
    waiting = [line.who for line in table.lines if line.status == WAITS]
    if only_final and waiting:
        more = f" and {len(waiting) - 5} more" if len(waiting) > 5 else ""
        raise CourseError(
            f"{len(waiting)} of {len(table.lines)} grades are not final: {', '.join(waiting[:5])}{more}; grade them in "
            "formgrader under Manual Grading, or export without --only-final. Nothing was written"
        )
