"""The step that takes `Execute`'s place: scores from the jail are written into the grade cells, nothing is
executed.

nbgrader reads a code cell's score from its outputs, first decisive one first: an error or anything on stderr
is zero, a number is the score, everything else is full marks. So a graded cell gets our text on stdout and one
number, and no output of the student's ever stands in it. A cell that waits for a person gets the text alone:
`SaveGrades` does not read its outputs.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.api import BaseCell, Comment, Grade, Gradebook, MissingEntry
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from traitlets import Bool, Integer, Unicode

from autograder.classroom.options import GradingOptions
from autograder.course import Course, SubmissionError
from autograder.gradebook.feedback import exercise_text, ungraded_text
from autograder.gradebook.intake import intake_notes
from autograder.gradebook.waiting import WAITS
from autograder.grading.result import Result, Verdict

_decided: dict[tuple[str, str], Result | str] = {}
"""What has been found out already, by assignment and student: nothing is looked up or graded again for these."""


@contextlib.contextmanager
def decided(assignment: str, student: str, outcome: Result | str | None) -> Iterator[None]:
    """Within this context the student's submission has this result, or none for that reason; None says nothing."""
    if outcome is not None:
        _decided[assignment, student] = outcome
    try:
        yield
    finally:
        _decided.pop((assignment, student), None)


QUEUED = "autograder_queued"
"""Key in nbconvert's resources: the grade cells that no score could be found for."""


class JailedGrade(NbGraderPreprocessor):
    """Write each grade cell's feedback and score from the result store; grade in the jail where there is no
    result.

    It never raises for a student's fault nor for the grader's: a raise would leave the submission's old score
    in the gradebook. A cell that cannot be graded is queued, and says why.
    """

    unsafe_no_jail = Bool(
        False, help="Grade without a proven jail. Student code can then do anything you can."
    ).tag(config=True)
    backend = Unicode("", help="The jail backend by name; empty: the first one proven to work here.").tag(
        config=True
    )

    seed = Integer(0, help="Seed of the hidden tests' random inputs.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        submission = resources["nbgrader"]
        result, reason = self._result(submission)
        notes = intake_notes(Course(self._root()), submission["assignment"], submission["student"])
        queued = resources["nbgrader"].setdefault(QUEUED, {})
        for cell in nb.cells:
            if cell.cell_type != "code":
                continue
            cell.outputs = []
            cell.execution_count = None
            if not utils.is_grade(cell) or utils.is_solution(cell):
                continue
            grade_id = cell.metadata.nbgrader["grade_id"]
            points = float(cell.metadata.nbgrader["points"])
            why = reason or _why_not(result, grade_id)
            if why or result is None:
                queued[grade_id] = why
                cell.outputs = [text_output(ungraded_text(grade_id, why or ""))]
                continue
            exercise = result.exercise(grade_id)
            # The gradebook's points may have been edited since the suite was written; the share is what
            # counts.
            score = exercise.score if exercise.points == points else exercise.share * points
            cell.outputs = [
                text_output(exercise_text(exercise, (*notes, *result.notes))),
                score_output(min(max(round(score, 4), 0.0), points)),
            ]
        if queued:
            nb.metadata[WAITS] = dict(queued)
        return nb, resources

    def _result(self, submission: dict[str, str]) -> tuple[Result | None, str]:
        course = Course(self._root())
        student, assignment = submission["student"], submission["assignment"]
        known = _decided.get((assignment, student))
        if known is not None:
            return (None, known) if isinstance(known, str) else (known, "")
        try:
            document = course.submission(student, assignment, submission["notebook"])
            return self.find(course, assignment, student, document), ""
        except SubmissionError as error:
            return None, str(error)
        except Exception as error:
            # The grader's own fault: never the student's zero, never the old score.
            self.log.error("grading %s failed: %s: %s", student, type(error).__name__, error)
            return None, "The grader failed, not your code; your instructor has been told."

    def find(self, course: Course, assignment: str, student: str, document: bytes) -> Result:
        """The stored result of this submission, or a new one made in the jail."""
        from autograder.classroom.outcomes import one_outcome

        options = GradingOptions(seed=self.seed, backend=self.backend, unsafe_no_jail=self.unsafe_no_jail)
        return one_outcome(course, assignment, document, options)

    def _root(self) -> Path:
        converter = getattr(self.parent, "parent", None)
        coursedir = getattr(converter, "coursedir", None)
        return Path(coursedir.root) if coursedir is not None else Path.cwd()


class SubmittedCells:
    """Answers as a `Gradebook` does, from the grades and comments of one submitted notebook read together.

    Nothing is written before `save`: then all of it, or, where something fails, nothing.
    """

    def __init__(self, gradebook: Gradebook, notebook: str, assignment: str, student: str) -> None:
        submitted = gradebook.find_submission_notebook(notebook, assignment, student)
        session = gradebook.db
        self.grades, self.comments = (
            dict(
                session.query(BaseCell.name, kind)
                .join(BaseCell, BaseCell.id == kind.cell_id)
                .filter(kind.notebook_id == submitted.id)
                .all()
            )
            for kind in (Grade, Comment)
        )
        self.save = session.commit
        self.db = self

    def commit(self) -> None:
        """nbgrader calls this after each cell; nothing is written yet."""

    def find_grade(self, name: str, *_: str) -> Grade:
        return _found(self.grades, name)

    def find_comment(self, name: str, *_: str) -> Comment:
        return _found(self.comments, name)


class SaveGrades(SaveAutoGrades):
    """nbgrader's step that saves the scores, except that a queued cell gets none and is marked for a
    grader, and that a notebook's cells are read and written together."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        submission = resources["nbgrader"]
        self.notebook_id, self.assignment_id = submission["notebook"], submission["assignment"]
        self.student_id = submission["student"]
        with Gradebook(submission["db_url"]) as gradebook:
            self.gradebook = SubmittedCells(gradebook, self.notebook_id, self.assignment_id, self.student_id)
            nb, resources = NbGraderPreprocessor.preprocess(self, nb, resources)
            self.gradebook.save()
        return nb, resources

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], cell_index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if not utils.is_grade(cell) or grade_id not in resources["nbgrader"].get(QUEUED, {}):
            return super().preprocess_cell(cell, resources, cell_index)
        grade = self.gradebook.find_grade(grade_id)
        grade.auto_score = None
        grade.needs_manual_grade = True
        return cell, resources


def _found(entries: dict[str, Any], name: str) -> Any:
    if name not in entries:
        raise MissingEntry(f"the submission in the gradebook has no cell {name!r}")
    return entries[name]


def text_output(text: str) -> NotebookNode:
    return new_output("stream", name="stdout", text=text)


def score_output(score: float) -> NotebookNode:
    """The one number nbgrader reads; ValueError where it is not finite, for nbgrader would give full
    marks."""
    if not math.isfinite(score) or score < 0:
        raise ValueError(f"a score is a number from 0 to the cell's points, not {score!r}")
    return new_output("execute_result", data={"text/plain": repr(score)}, execution_count=None)


def _why_not(result: Result | None, grade_id: str) -> str:
    """Why a grade cell gets no score, or nothing."""
    if result is None:
        return "There is no result for this submission."
    if result.verdict is Verdict.NOT_GRADABLE:
        return " ".join(result.notes) or "The submission could not be graded."
    try:
        exercise = result.exercise(grade_id)
    except KeyError:
        return "The hidden tests do not know this exercise."
    if exercise.verdict is Verdict.NOT_GRADABLE:
        return exercise.message or "The exercise could not be graded."
    return ""
