"""The grades of a course as `autograder export` and `autograder report` read them: the gradebook is opened once."""

from __future__ import annotations

from dataclasses import dataclass

from nbgrader.api import Gradebook

from autograder.course import Course, CourseError
from autograder.gradebook.export import Line, lines_of
from autograder.gradebook.record import Recorder, database_errors


@dataclass(frozen=True)
class Table:
    """Lines of grades, the points of each grade cell, and the names of the assignments that they belong to."""

    lines: tuple[Line, ...]
    points: dict[str, float]
    assignments: tuple[str, ...]


def read_table(course: Course, assignments: list[str], students: list[str], *, only_one: str = "") -> Table:
    """The lines that are asked for, of all assignments and students where none is named.

    Args:
        only_one: who needs a single assignment, in words; then a gradebook with several wants one named.

    Raises:
        CourseError: there is no gradebook, it cannot be used, a name is not in it, or not exactly one assignment is
            named where one is needed.
    """
    recorder = Recorder(course)
    if not course.gradebook.exists() and recorder.db_url.startswith("sqlite"):
        raise CourseError(f"there is no gradebook at {course.gradebook}; grade something first")
    with database_errors(course), Gradebook(recorder.db_url) as gradebook:
        known = [str(one.name) for one in gradebook.assignments]
        _are_known("assignment", assignments, known)
        chosen = assignments or known
        if only_one and len(chosen) != 1:
            raise CourseError(
                f"{only_one} holds one assignment: name it with --assignment ({', '.join(known)})"
            )
        lines = tuple(lines_of(course, gradebook, assignments, students))
        points = {
            cell.name: float(cell.max_score)
            for one in gradebook.assignments
            if one.name in chosen
            for book in one.notebooks
            for cell in (*book.grade_cells, *book.task_cells)
        }
    _are_known("student", students, [line.student for line in lines])
    return Table(lines, points, tuple(chosen))


def _are_known(kind: str, wanted: list[str], known: list[str]) -> None:
    if missing := [name for name in wanted if name not in known]:
        there = ", ".join(sorted(set(known))) or "none"
        raise CourseError(f"no {kind} {', '.join(map(repr, missing))} in the gradebook (there: {there})")
