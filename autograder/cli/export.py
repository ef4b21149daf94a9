"""`autograder export`: the gradebook's scores as a table that tells a zero from a score that is still to come, and in
the files that learning platforms read."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.course import Course, CourseError
from autograder.gradebook.export import WAITS, Export, Line, as_csv, lines_of
from autograder.gradebook.platforms import (
    canvas,
    gradescope,
    gradescope_json,
    moodle_import,
    moodle_worksheet,
)
from autograder.gradebook.record import Recorder, database_errors


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
    lines, _ = _read(course, assignments, students, only_final)
    to.write_text(as_csv(lines), encoding="utf-8", newline="")
    return Export(lines)


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
    known = _known_assignments(course)
    chosen = assignments or (known if len(known) == 1 else [])
    if len(chosen) != 1:
        raise CourseError(
            f"a file for {platform.format} holds one assignment: name it with --assignment ({', '.join(known)})"
        )
    if platform.format is Format.CANVAS and platform.into is None:
        raise CourseError("give the file that Canvas exported with --into: its ids and columns are kept")
    if platform.into is not None and platform.format is Format.GRADESCOPE:
        raise CourseError("Gradescope gets a folder with one results.json a student: --into is not for it")
    target = to or _default_target(platform, chosen[0])
    _has_folder(target)
    lines, points = _read(course, chosen, students, only_final)
    if not lines:
        raise CourseError(f"nobody is in the gradebook: run `autograder grade {chosen[0]}` first")
    if platform.format is Format.GRADESCOPE:
        return _write_gradescope(course, target, lines, points)
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
        texts = _texts(course, line.text("assignment"), line.student)
        (own / "results.json").write_text(gradescope_json(gradescope(line, points, texts)), encoding="utf-8")
    said = f"{Export(lines).summary()}; a results.json for each final one is under {folder}"
    return said + (f"; none for {', '.join(waiting)}, who wait for a person" if waiting else "")


def _texts(course: Course, assignment: str, student: str) -> dict[str, str]:
    """The feedback that stands in each grade cell of an autograded notebook; empty where there is none."""
    texts: dict[str, str] = {}
    for path in sorted((course.autograded / student / assignment).glob("*.ipynb")):
        try:
            cells = json.loads(path.read_bytes())["cells"]
            for one in cells:
                marks = one["metadata"].get("nbgrader", {})
                said = [output.get("text", "") for output in one.get("outputs", ()) if "text" in output]
                if marks.get("grade") and said:
                    texts[str(marks["grade_id"])] = "".join(map("".join, said))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return texts


def _default_target(platform: Platform, assignment: str) -> Path:
    if platform.into is not None:
        return platform.into.with_name(f"{platform.into.stem}-{assignment}{platform.into.suffix}")
    return Path(
        "gradescope" if platform.format is Format.GRADESCOPE else f"{platform.format}-{assignment}.csv"
    )


def _has_folder(to: Path) -> None:
    if not to.resolve().parent.is_dir():
        raise CourseError(f"the folder {to.resolve().parent} does not exist; make it first")


def _url(course: Course) -> str:
    recorder = Recorder(course)
    if not course.gradebook.exists() and recorder.db_url.startswith("sqlite"):
        raise CourseError(f"there is no gradebook at {course.gradebook}; grade something first")
    return recorder.db_url


def _known_assignments(course: Course) -> list[str]:
    url = _url(course)
    with database_errors(course), Gradebook(url) as gradebook:
        return [str(one.name) for one in gradebook.assignments]


def _read(
    course: Course, assignments: list[str], students: list[str], only_final: bool
) -> tuple[tuple[Line, ...], dict[str, float]]:
    """The lines that are asked for, and the points of each grade cell."""
    url = _url(course)
    with database_errors(course), Gradebook(url) as gradebook:
        _are_known("assignment", assignments, [one.name for one in gradebook.assignments])
        lines = tuple(lines_of(course, gradebook, assignments, students))
        chosen = [one for one in gradebook.assignments if not assignments or one.name in assignments]
        points = {
            cell.name: float(cell.max_score)
            for one in chosen
            for book in one.notebooks
            for cell in (*book.grade_cells, *book.task_cells)
        }
    _are_known("student", students, [line.student for line in lines])
    waiting = [line.who for line in lines if line.status == WAITS]
    if only_final and waiting:
        more = f" and {len(waiting) - 5} more" if len(waiting) > 5 else ""
        raise CourseError(
            f"{len(waiting)} of {len(lines)} grades are not final: {', '.join(waiting[:5])}{more}; grade them in "
            "formgrader under Manual Grading, or export without --only-final. Nothing was written"
        )
    return lines, points


def _are_known(kind: str, wanted: list[str], known: list[str]) -> None:
    if missing := [name for name in wanted if name not in known]:
        there = ", ".join(sorted(set(known))) or "none"
        raise CourseError(f"no {kind} {', '.join(map(repr, missing))} in the gradebook (there: {there})")
