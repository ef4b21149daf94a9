"""Reading and voiding grades in nbgrader's gradebook, by nbgrader's own model."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime

from nbgrader.api import Assignment, Grade, Gradebook, MissingEntry, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import Engine, NullPool, create_engine, select, update


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
    with Gradebook(db_url) as gradebook:
        try:
            submission = gradebook.find_submission(assignment, student)
        except MissingEntry:
            return {}
        return {
            grade.name: CellGrade(
                grade.name,
                grade.max_score,
                grade.auto_score,
                grade.manual_score,
                grade.needs_manual_grade,
                grade.extra_credit or 0.0,
            )
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


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
