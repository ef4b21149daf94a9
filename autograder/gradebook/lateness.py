"""What lateness costs, at nbgrader's own place for it: the plug-in of its step that assigns late penalties."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties

from autograder.course import Course
from autograder.course.deadlines import Deadline, Deadlines, days, read_deadlines


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
        deadlines = read_deadlines(course_of(self.parent))
        self.deadline = None
        if deadlines.stated:
            with Gradebook(submission["db_url"]) as gradebook:
                entry = gradebook.find_submission(*names)
                self.deadline = deadline_of(deadlines, entry)
                self.points = float(
                    gradebook.find_submission_notebook(submission["notebook"], *names).max_score
                )
                enter_deadline(deadlines, entry)
                gradebook.db.commit()
        return super().preprocess(nb, resources)


@dataclass(frozen=True)
class Lateness:
    """How late a submission is, and what that costs at the score it has now.

    Attributes:
        seconds: after the student's own deadline; 0 inside the grace. penalty: points.
        due: the student's own deadline, in UTC.
        sentence: what the student reads, where it costs points; else nothing.
    """

    seconds: float = 0.0
    penalty: float = 0.0
    due: datetime | None = None
    sentence: str = ""


def lateness_of(
    deadlines: Deadlines, entry: SubmittedAssignment, notebooks: list[SubmittedNotebook] | None = None
) -> Lateness:
    """The lateness of a submission, or of some of its notebooks.

    nbgrader's stored penalty is of the score when the submission was autograded. Hand grades came later, so the
    penalty is computed anew from the score that stands now. Without ``deadlines.toml`` it is the stored one.
    """
    chosen = list(entry.notebooks) if notebooks is None else notebooks
    stored = sum(float(notebook.late_submission_penalty or 0.0) for notebook in chosen)
    if not deadlines.stated:
        told = f"late submission: {_points(stored)} points less" if stored else ""
        return Lateness(float(entry.total_seconds_late), stored, aware(entry.duedate), told)
    deadline = deadline_of(deadlines, entry)
    due, seconds = (
        deadline.of(entry.student_id),
        deadline.seconds_late(entry.student_id, aware(entry.timestamp)),
    )
    if seconds <= 60 * deadline.policy.grace_minutes:
        return Lateness(due=due)
    penalty = sum(
        deadline.policy.penalty(float(book.score), float(book.max_score), seconds) for book in chosen
    )
    told = _sentence(deadlines, deadline, entry, seconds, penalty) if penalty and due is not None else ""
    return Lateness(seconds, penalty, due, told)


def deadline_of(deadlines: Deadlines, entry: SubmittedAssignment) -> Deadline:
    """The deadline of a submission: the file's, or the gradebook's with the extension that it holds."""
    deadline = deadlines.of(entry.assignment.name, entry.assignment.duedate)
    if deadlines.dates(entry.assignment.name) or entry.duedate is None:
        return deadline
    own = entry.duedate.replace(tzinfo=UTC)
    return Deadline(deadline.due, {entry.student_id: own}, deadline.policy)


def enter_deadline(deadlines: Deadlines, entry: SubmittedAssignment) -> None:
    """Write the file's due date and extension as nbgrader has them: naive, in UTC, the extension as a span."""
    deadline = deadlines.of(entry.assignment.name)
    due, own = deadline.due, deadline.of(entry.student_id)
    if due is not None and own is not None:
        entry.assignment.duedate = due.astimezone(UTC).replace(tzinfo=None)
        entry.extension = own - due if own > due else None


def course_of(step: Any) -> Course:
    """The course that a step of nbgrader's works in."""
    coursedir = getattr(getattr(step, "parent", None), "coursedir", None)
    return Course(Path(coursedir.root) if coursedir is not None else Path.cwd())


def aware(when: datetime | None) -> datetime | None:
    """A time of the gradebook's, which are naive and UTC."""
    return None if when is None else when.replace(tzinfo=UTC)


def _sentence(
    deadlines: Deadlines, deadline: Deadline, entry: SubmittedAssignment, seconds: float, penalty: float
) -> str:
    due = deadline.of(entry.student_id)
    assert due is not None and entry.timestamp is not None, "what is late has both times"
    extended = ", extended for you" if deadline.due is not None and due > deadline.due else ""
    return (
        f"handed in {deadlines.local(entry.timestamp)}, {days(seconds)} late (due {deadlines.local(due)}{extended}): "
        f"{_points(penalty)} points less; {deadline.price()}"
    )


def _points(points: float) -> str:
    return f"{points:.2f}".rstrip("0").rstrip(".")
