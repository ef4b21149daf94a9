"""`autograder export`: the gradebook's scores as a table that tells a zero from a score that is still to come."""

from __future__ import annotations

from pathlib import Path

from nbgrader.api import Gradebook

from autograder.course import Course, CourseError
from autograder.gradebook.export import WAITS, Export, as_csv, lines_of
from autograder.gradebook.record import Recorder, database_errors


def run_export(
    course: Course, to: Path, *, assignments: list[str], students: list[str], only_final: bool = False
) -> Export:
    """Write the scores, of all assignments and students where none is named.

    Raises:
        CourseError: there is no gradebook, a name is not in it, ``to`` cannot be made, or ``only_final`` is asked for
        and a submission waits; then nothing is written.
    """
    recorder = Recorder(course)
    if not course.gradebook.exists() and recorder.db_url.startswith("sqlite"):
        raise CourseError(f"there is no gradebook at {course.gradebook}; grade something first")
    if not to.resolve().parent.is_dir():
        raise CourseError(f"the folder {to.resolve().parent} does not exist; make it first")
    with database_errors(course), Gradebook(recorder.db_url) as gradebook:
        _are_known("assignment", assignments, [one.name for one in gradebook.assignments])
        lines = tuple(lines_of(course, gradebook, assignments, students))
    _are_known("student", students, [str(line.values["student_id"]) for line in lines])
    waiting = [line.who for line in lines if line.status == WAITS]
    if only_final and waiting:
        more = f" and {len(waiting) - 5} more" if len(waiting) > 5 else ""
        raise CourseError(
            f"{len(waiting)} of {len(lines)} grades are not final: {', '.join(waiting[:5])}{more}; grade them in "
            "formgrader under Manual Grading, or export without --only-final. Nothing was written"
        )
    to.write_text(as_csv(lines), encoding="utf-8", newline="")
    return Export(lines)


def _are_known(kind: str, wanted: list[str], known: list[str]) -> None:
    if missing := [name for name in wanted if name not in known]:
        there = ", ".join(sorted(set(known))) or "none"
        raise CourseError(f"no {kind} {', '.join(map(repr, missing))} in the gradebook (there: {there})")
