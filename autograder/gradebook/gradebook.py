"""Reading and voiding grades in nbgrader's gradebook, by nbgrader's own model."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy import Engine, NullPool, create_engine, func, select, update

MOST_NAMED = 500
"""Students that a query names; a database refuses more than some thousands."""


@dataclass(frozen=True)
class CellGrade:
    """One grade cell as the gradebook has it; scores in points, None where there is none yet."""

    name: str
    points: float
    auto: float | None
    manual: float | None
    needs_grader: bool
    extra: float = 0.0
    """Extra credit given by hand; it counts once there is a score."""

    @property
    def score(self) -> float | None:
        """The score as nbgrader counts it: the manual one goes before the automatic one, and extra credit is added."""
        given = self.manual if self.manual is not None else self.auto
        return None if given is None else given + self.extra


def void_grades(db_url: str, assignment: str, student: str) -> None:
    """Take back a submission's automatic scores and put its grade cells into the instructor's queue.

    Manual scores stay. Nothing happens where the submission is not in the gradebook. It runs before every recording, so
    it is one statement on an engine that is kept, not a `Gradebook`, which makes an engine and looks for its tables.
    """
    notebooks = (
        select(SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .where(Assignment.name == assignment, SubmittedAssignment.student_id == student)
    )
    statement = (
        update(Grade)
        .where(Grade.notebook_id.in_(notebooks))
        .values(auto_score=None, needs_manual_grade=True)
        .execution_options(synchronize_session=False)
    )
    with _engine(db_url).begin() as connection:
        connection.execute(statement)


@functools.cache
def _engine(db_url: str) -> Engine:
    return create_engine(
        db_url, poolclass=NullPool
    )  # no connection outlives its use: the file may be replaced


def queue_submission(
    db_url: str, assignment: str, student: str, timestamp: datetime | None = None
) -> list[str]:
    """Enter a submission that nbgrader cannot convert: no automatic score, every cell needs a grader.

    Returns the names of the assignment's notebooks.
    """
    with Gradebook(db_url) as gradebook:
        gradebook.update_or_create_student(student)
        submission = gradebook.update_or_create_submission(assignment, student, timestamp=timestamp)
        _void(submission)
        gradebook.db.commit()
        return [notebook.name for notebook in submission.notebooks]


def read_grades(db_url: str, assignment: str, student: str) -> dict[str, CellGrade]:
    """Grade cells by name, those of the whole assignment; empty where nothing is recorded."""
    return read_class(db_url, assignment, [student]).get(student, {})


def read_class(db_url: str, assignment: str, students: Sequence[str] = ()) -> dict[str, dict[str, CellGrade]]:
    """Grade cells by student and name, in one query.

    Args:
        students: of these; without any of all. Who is not in the gradebook with the assignment is left out.
    """
    cell, graded, task = BaseCell.__table__, GradeCell.__table__, TaskCell.__table__
    statement = (
        select(
            SubmittedAssignment.student_id,
            cell.c.name,
            func.coalesce(graded.c.max_score, task.c.max_score, 0.0),
            Grade.auto_score,
            Grade.manual_score,
            Grade.needs_manual_grade,
            func.coalesce(Grade.extra_credit, 0.0),
        )
        .select_from(Grade)
        .join(cell, cell.c.id == Grade.cell_id)
        .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .outerjoin(graded, graded.c.id == Grade.cell_id)
        .outerjoin(task, task.c.id == Grade.cell_id)
        .where(Assignment.name == assignment)
    )
    if students and len(students) <= MOST_NAMED:
        statement = statement.where(SubmittedAssignment.student_id.in_(students))
    found: dict[str, dict[str, CellGrade]] = {}
    with _engine(db_url).connect() as connection:
        for student, *grade in connection.execute(statement):
            found.setdefault(student, {})[grade[0]] = CellGrade(*grade)
    return found


def is_known(db_url: str, assignment: str) -> bool:
    """Tell whether ``nbgrader generate_assignment`` has entered the assignment."""
    with Gradebook(db_url) as gradebook:
        try:
            return bool(gradebook.find_assignment(assignment).notebooks)
        except MissingEntry:
            return False


def _void(submission: object) -> None:
    for notebook in submission.notebooks:  # type: ignore[attr-defined]
        for grade in notebook.grades:
            grade.auto_score = None
            grade.needs_manual_grade = True
