"""Grade a class: jailed workers find results in parallel, and nbgrader records each as it comes, one after the other.

A submission that cannot be read or recorded is set aside with its reason and waits in the instructor's queue;
every other one is graded as if it were not there.
"""

from __future__ import annotations

import contextlib
import functools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from autograder.classroom import processes
from autograder.classroom.options import DEFAULT, GradingOptions, JailChoice
from autograder.classroom.seats import Seats
from autograder.classroom.stages import stage
from autograder.course import Course, CourseError, foreign_files, id_problem
from autograder.course.lock import grading_lock
from autograder.course.secret import course_secret
from autograder.grading.result import Result, Verdict

if TYPE_CHECKING:
    from autograder.gradebook.gradebook import CellGrade


class Progress(Protocol):
    """The display of the grading command while it works."""

    def waiting(self, holder: str) -> None:
        """Another grader holds the course."""

    def phase(self, name: str, total: int) -> Callable[[], None]:
        """A phase with so many submissions begins; the function returned is called after each. Phases overlap."""

    def recorded(self, student: str, outcome: Result | str) -> None:
        """A submission's result, or why it has none, stands in the gradebook; called from any thread."""


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
    note: str = ""
    """How the submission differs from what was asked, where it was taken all the same."""


@dataclass
class ClassReport:
    """The outcome of grading one assignment."""

    assignment: str
    rows: list[Row] = field(default_factory=list)
    gradebook: Path = Path()

    @property
    def problems(self) -> list[Row]:
        return [row for row in self.rows if row.problem]


DRAIN = 2.0
"""Seconds in which an interrupted run still records what is graded. The rest stays in the result store."""
REPLACED = "the submission was replaced while it was graded: run the command again"


class Grading(Protocol):
    """Grades these students; each once, as soon as it is known, with a result or the reason why there is none."""

    def __call__(
        self, course: Course, assignment: str, students: list[str], options: GradingOptions
    ) -> Iterator[tuple[str, Result | str]]: ...


def in_jail(
    course: Course,
    assignment: str,
    students: list[str],
    options: GradingOptions,
    seats: Seats | None = None,
) -> Iterator[tuple[str, Result | str]]:
    """Grading by jailed workers, those that have begun first, and the result store."""
    # torch takes seconds to import; a command that only says what is wrong with the course needs none of it.
    with stage("import of torch"):
        from autograder.classroom.outcomes import class_outcomes

    return class_outcomes(course, assignment, students, options, seats)


def grade_class(
    course: Course,
    assignment: str,
    options: GradingOptions = DEFAULT,
    *,
    students: tuple[str, ...] = (),
    progress: Progress,
    grading: Grading = in_jail,
) -> ClassReport:
    """Grade the assignment for all who submitted, or the named students, into the gradebook.

    Raises:
        CourseError: the course, its hidden suite or the machine is at fault; it ends the run as soon as it is known,
            and what is graded is kept. A submission's own faults are in the report. JailUnavailable: no proven jail.
        KeyboardInterrupt: as it came; the grading processes are ended, and what they had finished is recorded.
    """
    notebooks = course.notebooks(assignment)
    chosen = course.select(assignment, students)
    if grading is in_jail and not options.cluster:
        processes.context()  # which imports what grading needs while this process imports nbgrader
    with (
        grading_lock(course.root, wait=options.wait, on_wait=progress.waiting),
        contextlib.ExitStack() as while_grading,
    ):
        if grading is in_jail and not options.cluster:
            new = len(chosen) if options.force else new_work(course, assignment, chosen, notebooks)
            if new:
                course_secret(course)  # the jail is proved against it, so it is there first
                seats = Seats(min(options.jobs, new), JailChoice.of(course, options), options.profile)
                grading = functools.partial(in_jail, seats=while_grading.enter_context(seats))
        # nbgrader takes a second to import; nothing before this line needs it.
        with stage("import of nbgrader"):
            from autograder.gradebook.intake import intake_notes, settle
            from autograder.gradebook.record import Recorder

        with stage("looking at submissions"):
            Recorder(course).check(assignment)
            for student in chosen:
                settle(course, assignment, student)
            unfit = {
                student: why
                for student in chosen
                if (why := unconvertible(course, assignment, student, notebooks))
            }
            fit = [student for student in chosen if student not in unfit]
            recorder = Recorder(course)
        recorded = progress.phase("recording", len(chosen))
        graded = progress.phase("grading", len(fit))

        problems, replaced = dict(unfit), dict[str, str]()
        stamps = {student: _stamp(course, assignment, student, notebooks) for student in fit}
        # One thread records while the pool grades: the gradebook has one writer, and neither waits for the other.
        with ThreadPoolExecutor(max_workers=1) as writer:
            writing: deque[tuple[str, Future[str | None]]] = deque()

            def record(student: str, outcome: Result | str) -> str | None:
                if stamps[student] != _stamp(course, assignment, student, notebooks):
                    outcome = replaced.setdefault(student, REPLACED)
                with stage("recording"):
                    why = recorder.record(assignment, student, outcome)
                recorded()
                progress.recorded(student, f"nbgrader could not record it: {why}" if why else outcome)
                return why

            def look(wait: bool) -> None:
                """Take note of what is recorded; a course that cannot be recorded ends the run here."""
                while writing and (wait or writing[0][1].done()):
                    student, future = writing.popleft()
                    why = future.result()
                    if student in replaced:
                        problems[student] = REPLACED
                    if why:
                        problems[student] = unfit[student] = f"nbgrader could not record it: {why}"

            try:
                for student, outcome in grading(course, assignment, fit, options) if fit else ():
                    graded()
                    if why := _why_ungraded(outcome):
                        problems[student] = why
                    writing.append((student, writer.submit(record, student, outcome)))
                    look(wait=False)
                look(wait=True)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    wait_for((future for _, future in writing), timeout=DRAIN)
                writer.shutdown(cancel_futures=True)
                raise
        for student in unfit:
            with stage("recording"):
                recorder.queue(assignment, student, unfit[student])
            if student not in fit:
                recorded()
                progress.recorded(student, unfit[student])

        report = ClassReport(assignment, gradebook=course.gradebook)
        with stage("reading grades"):
            grades = recorder.class_grades(assignment, chosen)
            for student in chosen:
                note = " ".join(intake_notes(course, assignment, student))
                report.rows.append(_row(student, grades.get(student, {}), problems.get(student, ""), note))
    return report


def new_work(course: Course, assignment: str, students: Iterable[str], notebooks: Iterable[str]) -> int:
    """How many submissions were not recorded since they were handed in, by the times of their files.

    It is a guess, made before anything large is imported: whatever it says, what has a result is not graded again.
    """
    names = list(notebooks)
    return sum(
        _changed(course.submission_folder(student, assignment) / f"{name}.ipynb")
        > _changed(course.autograded / student / assignment / f"{name}.ipynb")
        for student in students
        for name in names
    )


def _changed(path: Path) -> int:
    try:
        return path.lstat().st_mtime_ns
    except OSError:
        return 0


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
        from autograder.gradebook.intake import several

        if why := several(course, assignment, student):
            return why
        there = ", ".join(f"{name}.ipynb" for name in present) or "no notebook"
        return f"it holds {there} where {', '.join(f'{name}.ipynb' for name in notebooks)} was asked for"
    from autograder.gradebook.waiting import timestamp_problem

    return timestamp_problem(course, assignment, student)


def _stamp(course: Course, assignment: str, student: str, notebooks: Iterable[str]) -> list[tuple[int, int]]:
    """Times and sizes of the submitted notebooks: nbgrader copies what lies there when it records."""
    folder, found = course.submission_folder(student, assignment), []
    for name in notebooks:
        with contextlib.suppress(OSError):
            status = (folder / f"{name}.ipynb").lstat()
            found.append((status.st_mtime_ns, status.st_size))
    return found


def _why_ungraded(outcome: Result | str) -> str:
    if isinstance(outcome, str):
        return outcome
    if outcome.verdict is Verdict.NOT_GRADABLE:
        return " ".join(outcome.notes) or "the grader could not grade it"
    lost = [exercise.id for exercise in outcome.exercises if exercise.verdict is Verdict.NOT_GRADABLE]
    return f"the grader could not grade {', '.join(lost)}" if lost else ""


def _row(student: str, cells: dict[str, CellGrade], problem: str, note: str = "") -> Row:
    if not cells:
        raise CourseError(f"{student!r} is not in the gradebook after recording; run the command again")
    grades = cells.values()
    scores = {grade.name: (grade.score or 0.0, grade.points) for grade in grades}
    is_graded = any(grade.score is not None for grade in grades)
    waiting = tuple(sorted(grade.name for grade in grades if grade.needs_grader))
    return Row(
        student=student,
        score=sum(score for score, _ in scores.values()) if is_graded else None,
        points=sum(points for _, points in scores.values()),
        lost={name: pair for name, pair in scores.items() if pair[0] < pair[1] and name not in waiting},
        waiting=waiting,
        problem=problem,
        note=note,
        waiting_points=sum(points for name, (_, points) in scores.items() if name in waiting),
    )
