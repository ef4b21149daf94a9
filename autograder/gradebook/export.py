"""The gradebook's scores as CSV: nbgrader's columns, and whether each score is final.

A score that is not final is left empty. nbgrader's own exporter writes 0.0 for a submission that waits for a person,
that could not be read or that nobody has graded, and nothing tells it from a real zero.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student, SubmittedAssignment
from nbgrader.plugins.export import CsvExportPlugin

from autograder.course import Course
from autograder.course.submission import FORMULA_CHARACTERS
from autograder.gradebook.waiting import reasons_in

COLUMNS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score", "status", "why", "score_so_far"),
)
GRADED, WAITS, NOT_HANDED_IN = "graded", "waits for a person", "not handed in"


@dataclass(frozen=True)
class Line:
    """One student's grade of one assignment, by column."""

    values: dict[str, object]

    @property
    def status(self) -> str:
        return str(self.values["status"])

    @property
    def who(self) -> str:
        return f"{self.values['student_id']} ({self.values['assignment']})"


@dataclass(frozen=True)
class Export:
    """The lines that were written, and how many grades of each status."""

    lines: tuple[Line, ...]

    def count(self, status: str) -> int:
        return sum(line.status == status for line in self.lines)

    def summary(self) -> str:
        counts = (f"{self.count(status)} {status}" for status in (GRADED, WAITS, NOT_HANDED_IN))
        return f"{len(self.lines)} grades: {', '.join(counts)}"


class CsvExport(CsvExportPlugin):
    """The same table for ``nbgrader export``."""

    def export(self, gradebook: Gradebook) -> None:
        course = Course(Path(self.parent.coursedir.root))
        chosen = [str(name) for name in self.assignment], [str(name) for name in self.student]
        lines = tuple(lines_of(course, gradebook, *chosen))
        to = Path(self.to or "grades.csv")
        to.write_text(as_csv(lines), encoding="utf-8", newline="")
        self.log.info("%s, in %s", Export(lines).summary(), to)


def as_csv(lines: tuple[Line, ...]) -> str:
    """The table; text that a spreadsheet would take for a formula is marked as text."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow([_cell(line.values.get(column)) for column in COLUMNS])
    return table.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(FORMULA_CHARACTERS):
        return "'" + value
    return "" if value is None else value


def lines_of(
    course: Course, gradebook: Gradebook, assignments: list[str], students: list[str]
) -> Iterator[Line]:
    """The grades of these assignments and students, of all where none is named, whether handed in or not."""
    for assignment in gradebook.assignments:
        if assignments and assignment.name not in assignments:
            continue
        people: dict[str, Student | None] = {student.id: student for student in gradebook.students}
        handed_in = set(course.students(assignment.name))
        people |= {student: None for student in handed_in if student not in people}
        for student in sorted(people):
            if not students or student in students:
                entry = _entry(gradebook, assignment.name, student)
                yield _line(course, assignment, student, people[student], entry, student in handed_in)


def _entry(gradebook: Gradebook, assignment: str, student: str) -> SubmittedAssignment | None:
    try:
        return gradebook.find_submission(assignment, student)
    except MissingEntry:
        return None


def _line(
    course: Course,
    assignment: Assignment,
    student: str,
    person: Student | None,
    entry: SubmittedAssignment | None,
    handed_in: bool,
) -> Line:
    values: dict[str, Any] = {
        "assignment": assignment.name,
        "duedate": assignment.duedate,
        "student_id": student,
        "max_score": assignment.max_score,
    }
    if person is not None:
        values |= {name: getattr(person, name) for name in ("last_name", "first_name", "email")}
    if entry is None:
        values["status"] = WAITS if handed_in else NOT_HANDED_IN
        values["why"] = f"not graded yet: run `autograder grade {assignment.name}`" if handed_in else ""
        return Line(values)
    values["timestamp"] = entry.timestamp
    grades = [grade for notebook in entry.notebooks for grade in notebook.grades]
    scored = [grade for grade in grades if grade.manual_score is not None or grade.auto_score is not None]
    waiting = [grade for grade in grades if grade.needs_manual_grade or grade not in scored]
    values["score_so_far"] = sum(grade.score for grade in scored) if scored else None
    if waiting:
        values |= {"status": WAITS, "why": _why(course, assignment.name, student, waiting)}
        return Line(values)
    penalty = entry.late_submission_penalty
    values |= {
        "status": GRADED,
        "raw_score": entry.score,
        "late_submission_penalty": penalty,
        "score": max(0.0, entry.score - (penalty or 0.0)),
    }
    return Line(values)


def _why(course: Course, assignment: str, student: str, waiting: list[Any]) -> str:
    """The reason that the grader gave, each once with its exercises; else what is to be read."""
    reasons = reasons_in(course, assignment, student)
    told: dict[str, list[str]] = {}
    for grade in waiting:
        told.setdefault(reasons.get(grade.name, "to be graded by hand"), []).append(grade.name)
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in told.items())
