"""Grade a class: fill the result store in parallel, then let nbgrader record it, one submission after the
other.

A submission that cannot be read or recorded is set aside with its reason and waits in the instructor's queue;
every other one is graded as if it were not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from autograder.course import Course, CourseError, foreign_files, id_problem
from autograder.course.lock import grading_lock
from autograder.grading.result import Result, Verdict

if TYPE_CHECKING:
    from autograder.gradebook.record import Recorder


class Progress(Protocol):
    """The display of the grading command while it works."""

    def waiting(self, holder: str) -> None:
        """Another grader holds the course."""

    def phase(self, name: str, total: int) -> Callable[[], None]:
        """A phase with so many submissions begins; the function returned is called after each. Phases overlap."""


@dataclass(frozen=True)
class Row:
    """One student's line in the grade table; points as the gradebook has them."""

    student: str
    score: float | None
    """The sum over graded cells; None where nothing is."""
    points: float
    lost: dict[str, tuple[float, float]]
    """Exercises below full marks: score and points by grade id."""
    waiting: tuple[str, ...]
    """Grade cells that need a grader: written questions, and what could not be graded."""
    problem: str = ""
    """Why the submission could not be graded automatically, or nothing."""
    waiting_points: float = 0.0
    """Points of the cells that wait."""


@dataclass
class ClassReport:
    """The outcome of grading one assignment."""

    assignment: str
    rows: list[Row] = field(default_factory=list)
    gradebook: Path = Path()

    @property
    def problems(self) -> list[Row]:
        return [row for row in self.rows if row.problem]


FillStore = Callable[[list[str], Callable[[], None]], dict[str, Result | str]]
"""Grade these students, calling back after each; a result, or the reason there is none, by student."""


def grade_class(
    course: Course,
    assignment: str,
    fill_store: FillStore,
    *,
    students: tuple[str, ...] = (),
    is_stored: Callable[[str], bool] = lambda student: False,
    progress: Progress,
    wait: bool = True,
    jail: dict[str, object] | None = None,
) -> ClassReport:
    """Grade the assignment for all who submitted, or the named students, into the gradebook.

    ``is_stored`` tells whether a student's final result is in the store already, so that it can be recorded while
    others are graded. ``jail`` holds `JailedGrade`'s settings for what is graded on demand. CourseError where the
    course or the machine is at fault; a submission's faults are in the report.
    """
    notebooks = course.notebooks(assignment)
    chosen = course.select(assignment, students)
    with grading_lock(course.root, wait=wait, on_wait=progress.waiting):
        # nbgrader takes a second to import; nothing before this line needs it.
        from autograder.gradebook.record import Recorder

        Recorder(course).check(assignment)
        unfit = {
            student: why
            for student in chosen
            if (why := unconvertible(course, assignment, student, notebooks))
        }
        fit = [student for student in chosen if student not in unfit]
        recorder = Recorder(course, **(jail or {}))
        recorded = progress.phase("recording", len(chosen))
        graded = progress.phase("grading", len(fit))

        # One thread records while the pool grades: the gradebook has one writer, and neither waits for the other.
        with ThreadPoolExecutor(max_workers=1) as writer:
            writing: dict[str, Future[str | None]] = {}

            def record(student: str) -> str | None:
                why = recorder.record(assignment, student)
                recorded()
                return why

            def one_graded() -> None:
                graded()
                for student in fit:
                    if student not in writing and is_stored(student):
                        writing[student] = writer.submit(record, student)

            try:
                outcomes = fill_store(fit, one_graded) if fit else {}
                # A submission that the pool could not grade must not be tried again on demand, in this process.
                recorder.refuse(
                    {student: found for student, found in outcomes.items() if isinstance(found, str)}
                )
                for student in fit:
                    if student not in writing:
                        writing[student] = writer.submit(record, student)
                problems = unfit | {
                    student: why for student, found in outcomes.items() if (why := _why_ungraded(found))
                }
                for student, future in writing.items():
                    if why := future.result():
                        problems[student] = unfit[student] = f"nbgrader could not record it: {why}"
            except BaseException:
                writer.shutdown(cancel_futures=True)
                raise
        for student in unfit:
            recorder.queue(assignment, student, unfit[student])
            if student not in fit:
                recorded()

        report = ClassReport(assignment, gradebook=course.gradebook)
        for student in chosen:
            report.rows.append(_row(recorder, assignment, student, problems.get(student, "")))
    return report


def unconvertible(course: Course, assignment: str, student: str, notebooks: Iterable[str]) -> str | None:
    """Why nbgrader must not be let at a submission, or None. An unreadable notebook is not such a reason."""
    if problem := id_problem(student):
        return problem
    folder = course.submission_folder(student, assignment)
    try:
        if folder.parent.is_symlink() or folder.is_symlink():
            return "the submission folder is a symbolic link, which is not followed"
        if not folder.is_dir():
            return "the submission is a file, not a folder"
        if foreign := foreign_files(folder):
            return f"it holds links or special files ({', '.join(foreign[:3])}), which are not followed"
        present = sorted(path.stem for path in folder.glob("*.ipynb"))
    except OSError as error:
        return f"the submission folder cannot be read: {error.strerror}"
    if not any(name in present for name in notebooks):
        there = ", ".join(f"{name}.ipynb" for name in present) or "no notebook"
        return f"it holds {there} where {', '.join(f'{name}.ipynb' for name in notebooks)} was asked for"
    return None


def _why_ungraded(outcome: Result | str) -> str:
    if isinstance(outcome, str):
        return outcome
    if outcome.verdict is Verdict.NOT_GRADABLE:
        return " ".join(outcome.notes) or "the grader could not grade it"
    lost = [exercise.id for exercise in outcome.exercises if exercise.verdict is Verdict.NOT_GRADABLE]
    return f"the grader could not grade {', '.join(lost)}" if lost else ""


def _row(recorder: Recorder, assignment: str, student: str, problem: str) -> Row:
    grades = recorder.grades(assignment, student).values()
    if not grades:
        raise CourseError(f"{student!r} is not in the gradebook after recording; run the command again")
    scores = {
        grade.name: (grade.manual if grade.manual is not None else grade.auto or 0.0, grade.points)
        for grade in grades
    }
    is_graded = any(grade.manual is not None or grade.auto is not None for grade in grades)
    waiting = tuple(sorted(grade.name for grade in grades if grade.needs_grader))
    return Row(
        student=student,
        score=sum(score for score, _ in scores.values()) if is_graded else None,
        points=sum(points for _, points in scores.values()),
        lost={name: pair for name, pair in scores.items() if pair[0] < pair[1] and name not in waiting},
        waiting=waiting,
        problem=problem,
        waiting_points=sum(points for name, (_, points) in scores.items() if name in waiting),
    )
