"""What lateness costs, at nbgrader's own place for it: the plug-in of its step that assigns late penalties."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook, SubmittedAssignment
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties

from autograder.course import Course
from autograder.course.deadlines import FILE, Deadline, read_deadlines


class LatePenalty(LateSubmissionPlugin):
    """The penalty that ``deadlines.toml`` states; nbgrader's own methods where the course has no such file."""

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        step = self.parent
        if not isinstance(step, DatedPenalties) or step.deadline is None:
            penalty: float | None = super().late_submission_penalty(student_id, score, total_seconds_late)
            return penalty
        return step.deadline.policy.penalty(score, step.points, total_seconds_late)


class DatedPenalties(AssignLatePenalties):
    """nbgrader's step, after it has entered the course's due date and the student's extension in the gradebook."""

    deadline: Deadline | None = None
    points: float = 0.0

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        submission = resources["nbgrader"]
        names = submission["assignment"], submission["student"]
        with Gradebook(submission["db_url"]) as gradebook:
            entry = gradebook.find_submission(*names)
            self.deadline = deadline_of(self._course(), entry)
            self.points = float(gradebook.find_submission_notebook(submission["notebook"], *names).max_score)
            if self.deadline is not None:
                enter_deadline(entry, self.deadline)
                gradebook.db.commit()
        return super().preprocess(nb, resources)

    def _course(self) -> Course:
        coursedir = getattr(getattr(self.parent, "parent", None), "coursedir", None)
        return Course(Path(coursedir.root) if coursedir is not None else Path.cwd())


def deadline_of(course: Course, entry: SubmittedAssignment) -> Deadline | None:
    """The deadline that the course states for a submission's assignment; None where it keeps no deadlines."""
    if not (course.root / FILE).exists():
        return None
    return read_deadlines(course).of(entry.assignment.name, entry.assignment.duedate)


def enter_deadline(entry: SubmittedAssignment, deadline: Deadline) -> None:
    """Write due date and extension as nbgrader has them: naive, in UTC, the extension a span after the due date."""
    due, own = deadline.due, deadline.of(entry.student_id)
    if due is not None:
        entry.assignment.duedate = due.astimezone(UTC).replace(tzinfo=None)
        entry.extension = own - due if own is not None and own > due else None


def penalty_of(deadline: Deadline | None, entry: SubmittedAssignment, score: float, points: float) -> float:
    """Points that a submission loses at the score it has now; what nbgrader stored where nothing is stated.

    nbgrader's stored penalty is of the score when the submission was autograded: hand grades came later.
    """
    if deadline is None:
        return sum(notebook.late_submission_penalty or 0.0 for notebook in entry.notebooks)
    return deadline.penalty(entry.student_id, aware(entry.timestamp), score, points)


def aware(when: datetime | None) -> datetime | None:
    """A time of the gradebook's, which are naive and UTC."""
    return None if when is None else when.replace(tzinfo=UTC)
