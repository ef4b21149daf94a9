"""The gradebook's scores, one line a student: each exercise's score, what lateness costs, and whether it is final.

A score that is not final is left empty. nbgrader's own exporter writes 0.0 for a submission that waits for a person,
that could not be read or that nobody has graded, and nothing tells it from a real zero.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment, Grade, Gradebook, Student, SubmittedAssignment, SubmittedNotebook
from nbgrader.plugins.export import CsvExportPlugin
from sqlalchemy.orm import joinedload, selectinload

from autograder.course import Course
from autograder.course.deadlines import DAY, Deadlines, read_deadlines
from autograder.course.roster import dropped_students
from autograder.course.submission import FORMULA_CHARACTERS
from autograder.gradebook.cells import marked_cells
from autograder.gradebook.lateness import lateness_of
from autograder.gradebook.waiting import reasons_in

COLUMNS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score", "status", "why", "score_so_far"),
    *("extra_credit", "lms_user_id", "days_late"),
)
"""nbgrader's columns, then ours; a column for each exercise follows."""
GRADED, WAITS, NOT_HANDED_IN = "graded", "waits for a person", "not handed in"
IDS = ("lms_user_id",)
"""Columns by which a learning platform knows a student: a mark before the text would break them."""


@dataclass(frozen=True)
class Line:
    """One student's grade of one assignment, by column."""

    values: dict[str, Any]
    exercises: dict[str, float | None] = field(default_factory=dict)
    """The score of each grade cell, extra credit included; None where it is still to come."""

    @property
    def student(self) -> str:
        return str(self.values["student_id"])

    @property
    def status(self) -> str:
        return str(self.values["status"])

    @property
    def final(self) -> float | None:
        """The score that counts, after lateness; None where it is still to come."""
        score: float | None = self.values.get("score")
        return score

    @property
    def who(self) -> str:
        return f"{self.student} ({self.values['assignment']})"

    def text(self, column: str) -> str:
        """A column's text; nothing where there is none."""
        value = self.values.get(column)
        return "" if value is None else str(value)


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
    exercises = list(dict.fromkeys(name for line in lines for name in line.exercises))
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(
        [*COLUMNS, *(f"{name} (exercise)" if name in COLUMNS else cell(name) for name in exercises)]
    )
    for line in lines:
        own = [line.values.get(name) if name in IDS else cell(line.values.get(name)) for name in COLUMNS]
        writer.writerow([*own, *(cell(line.exercises.get(name)) for name in exercises)])
    return table.getvalue()


def cell(value: object) -> object:
    """What is written for a value: text that a spreadsheet would take for a formula gets a mark."""
    if isinstance(value, str) and value.startswith((*FORMULA_CHARACTERS, "\t", "\r", "\n")):
        return "'" + value
    return "" if value is None else value


def lines_of(
    course: Course, gradebook: Gradebook, assignments: list[str], students: list[str]
) -> Iterator[Line]:
    """The grades of these assignments and students, whether handed in or not.

    Where no student is named, it is all who have not dropped.
    """
    dropped, deadlines = dropped_students(course) - set(students), read_deadlines(course)
    for assignment in gradebook.assignments:
        if assignments and assignment.name not in assignments:
            continue
        people: dict[str, Student | None] = {student.id: student for student in gradebook.students}
        handed_in = set(course.students(assignment.name))
        people |= {student: None for student in handed_in if student not in people}
        entries = _entries(gradebook, assignment)
        form = _Form.of(course, assignment, deadlines)
        for student in sorted(people):
            if student not in dropped and (not students or student in students):
                yield _line(
                    course, form, student, people[student], entries.get(student), student in handed_in
                )


def order_of(course: Course, assignment: str) -> list[str]:
    """The grade cells as they follow each other in the source notebooks."""
    cells = marked_cells(course.source / assignment)
    return [cell.grade_id for cell in cells if cell.marks.get("grade") or cell.marks.get("task")]


@dataclass(frozen=True)
class _Form:
    """The assignment of a line: its row in the gradebook, its points and the names of its grade cells in order."""

    assignment: Assignment
    points: float
    names: tuple[str, ...]
    deadlines: Deadlines

    @classmethod
    def of(cls, course: Course, assignment: Assignment, deadlines: Deadlines) -> _Form:
        known = {one.name for book in assignment.notebooks for one in (*book.grade_cells, *book.task_cells)}
        ordered = [name for name in order_of(course, assignment.name) if name in known]
        names = tuple(dict.fromkeys([*ordered, *sorted(known)]))
        return cls(assignment, float(assignment.max_score), names, deadlines)


def _entries(gradebook: Gradebook, assignment: Assignment) -> dict[str, SubmittedAssignment]:
    """Every submission of an assignment by student, with its grades, in three statements however large the class."""
    grades = selectinload(SubmittedAssignment.notebooks).selectinload(SubmittedNotebook.grades)
    found = (
        gradebook.db.query(SubmittedAssignment)
        .filter(SubmittedAssignment.assignment_id == assignment.id)
        .options(grades.options(joinedload(Grade.cell)))
    )
    return {entry.student_id: entry for entry in found}


def _line(
    course: Course,
    form: _Form,
    student: str,
    person: Student | None,
    entry: SubmittedAssignment | None,
    handed_in: bool,
) -> Line:
    name = form.assignment.name
    values: dict[str, Any] = {
        "assignment": name,
        "duedate": _due(form, student),
        "student_id": student,
        "max_score": form.points,
    }
    if person is not None:
        columns = ("last_name", "first_name", "email", "lms_user_id")
        values |= {column: getattr(person, column) for column in columns}
    exercises: dict[str, float | None] = dict.fromkeys(form.names)
    if entry is None:
        values["status"] = WAITS if handed_in else NOT_HANDED_IN
        values["why"] = f"not graded yet: run `autograder grade {name}`" if handed_in else ""
        return Line(values, exercises)
    late = lateness_of(form.deadlines, entry)
    values |= {"timestamp": entry.timestamp, "days_late": math.ceil(late.seconds / DAY) or None}
    grades = [grade for notebook in entry.notebooks for grade in notebook.grades]
    scored = [grade for grade in grades if grade.manual_score is not None or grade.auto_score is not None]
    waiting = [grade for grade in grades if grade.needs_manual_grade or grade not in scored]
    so_far = round(sum(grade.score for grade in scored), 4)
    values["score_so_far"] = so_far if scored else None
    values["extra_credit"] = round(sum(grade.extra_credit or 0.0 for grade in scored), 4) or None
    exercises |= {grade.name: round(grade.score, 4) for grade in grades if grade not in waiting}
    if waiting:
        values |= {"status": WAITS, "why": _why(course, name, student, waiting)}
        return Line(values, exercises)
    values |= {
        "status": GRADED,
        "raw_score": so_far,
        "late_submission_penalty": round(late.penalty, 4),
        "score": max(0.0, round(so_far - late.penalty, 4)),
    }
    return Line(values, exercises)


def _due(form: _Form, student: str) -> datetime | None:
    """The student's own due date, extension included, as the gradebook has times: naive, in UTC."""
    due: datetime | None = form.assignment.duedate
    own = form.deadlines.of(form.assignment.name, due).of(student)
    return None if own is None else own.replace(tzinfo=None)


def _why(course: Course, assignment: str, student: str, waiting: list[Any]) -> str:
    """The reason that the grader gave, each once with its exercises; else what is to be read."""
    reasons = reasons_in(course, assignment, student)
    told: dict[str, list[str]] = {}
    for grade in waiting:
        told.setdefault(reasons.get(grade.name, "to be graded by hand"), []).append(grade.name)
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in told.items())
