"""Reading and voiding grades in nbgrader's gradebook, by nbgrader's own model."""

from __future__ import annotations

from dataclasses import dataclass

from nbgrader.api import Gradebook, MissingEntry


@dataclass(frozen=True)
class CellGrade:
    """One grade cell as the gradebook has it; scores in points, None where there is none yet."""

    name: str
    points: float
    auto: float | None
    manual: float | None
    needs_grader: bool


def void_grades(db_url: str, assignment: str, student: str) -> None:
    """Take back a submission's automatic scores and put its grade cells into the instructor's queue.

    Manual scores stay. Nothing happens where the submission is not in the gradebook.
    """
    with Gradebook(db_url) as gradebook:
        try:
            submission = gradebook.find_submission(assignment, student)
        except MissingEntry:
            return
        _void(submission)
        gradebook.db.commit()


def queue_submission(db_url: str, assignment: str, student: str) -> None:
    """Enter a submission that nbgrader cannot convert: no automatic score, every cell needs a grader."""
    with Gradebook(db_url) as gradebook:
        gradebook.update_or_create_student(student)
        submission = gradebook.update_or_create_submission(assignment, student)
        _void(submission)
        gradebook.db.commit()


def read_grades(db_url: str, assignment: str, student: str) -> dict[str, CellGrade]:
    """Grade cells by name, those of the whole assignment; empty where nothing is recorded."""
    with Gradebook(db_url) as gradebook:
        try:
            submission = gradebook.find_submission(assignment, student)
        except MissingEntry:
            return {}
        return {
            grade.name: CellGrade(
                grade.name, grade.max_score, grade.auto_score, grade.manual_score, grade.needs_manual_grade
            )
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def is_known(db_url: str, assignment: str) -> bool:
    """Whether ``nbgrader generate_assignment`` has entered the assignment."""
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
