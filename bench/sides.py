"""What is timed, each on a fresh course and in a process of its own; figures are seconds unless their names say other.

A grader first grades one submission for each worker, so that imports, kernels' caches and the jail's start are behind
it. That start-up is a figure of its own.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from autograder.course import Course, CourseError
from bench.calls import call_ratio, student_compute
from bench.course import ASSIGNMENT, NOTEBOOK, submit_copies

WORKERS = 2
Figures = dict[str, float]


class Clock:
    """Takes the time of each grading and each recording."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = {}

    def waiting(self, holder: str) -> None:
        raise CourseError(f"{holder} is in the way")

    def phase(self, name: str, total: int) -> Callable[[], None]:
        times = self.times.setdefault(name, [])
        return lambda: times.append(time.perf_counter())

    def recorded(self, student: str, outcome: object) -> None:
        """Nothing: the phases have the times."""


def stock(course: Course, copies: int) -> Figures:
    """nbgrader's own autograde with its own executor, a Jupyter kernel for each submission, one after the other."""
    begun = time.perf_counter()
    api = released(course)
    warm, students = submit_copies(course, 1), submit_copies(course, copies)
    _autograde(api, warm)
    start = time.perf_counter()
    _autograde(api, students)
    seconds = time.perf_counter() - start
    _check(api, students)
    return {"seconds": seconds, "start": start - begun}


def jailed(course: Course, copies: int, workers: int = WORKERS) -> Figures:
    """`autograder grade`: results made in the jail, recorded by nbgrader's steps as they come."""
    from bench.memory import Peak

    begun = time.perf_counter()
    from autograder.classroom.grade_class import grade_class
    from autograder.classroom.options import GradingOptions
    from autograder.classroom.profile import profiling

    api = released(course)
    students = submit_copies(course, workers + copies)
    clock = Clock()
    with profiling() as profile, Peak() as peak:
        options = GradingOptions(jobs=workers, profile=profile.folder)
        grade_class(course, ASSIGNMENT, options, progress=profile.noting(clock))
        found = profile.done(ASSIGNMENT)
    # From the moment all workers are warm until the last score is in the gradebook. Work that a worker finished before
    # that moment was not done in that time and is not counted.
    start, end = clock.times["grading"][workers - 1], clock.times["recording"][-1]
    counted = sum(moment > start for moment in clock.times["grading"])
    seconds = (end - start) * copies / counted
    _check(api, students)
    recording = found.grader["recording"]
    return {
        "seconds": seconds,
        "start": start - begun,
        "first": found.start or 0.0,
        "cost": seconds / copies * workers / student_compute(),
        "overhead": found.overhead,
        "recording": recording.seconds / recording.calls,
        "bytes": float(peak.all),
        "bytes of the grader": float(peak.own),
    }


def alone(course: Course, copies: int) -> Figures:
    """`jailed` with one worker."""
    return jailed(course, copies, workers=1)


def otter(course: Course, copies: int) -> Figures:
    """Otter: as many submissions at a time as there are workers."""
    from bench.peers import OtterGrader

    return _peer(course, copies, OtterGrader)


def prairielearn(course: Course, copies: int) -> Figures:
    """PrairieLearn's pytest plug-in: as many submissions at a time as there are workers."""
    from bench.peers import PrairieLearnGrader

    return _peer(course, copies, PrairieLearnGrader)


def edited(course: Course, copies: int) -> Figures:
    """Grading again after one exercise's hidden test was edited, and the first grading: a submission's seconds in its
    grading process, from its beginning to its end."""
    from autograder.classroom.grade_class import grade_class
    from autograder.classroom.options import GradingOptions
    from autograder.classroom.profile import profiling

    released(course)
    submit_copies(course, copies)
    spent: list[float] = []
    for change in ("", "\n# worded otherwise\n"):
        test = course.suites / ASSIGNMENT / "softmax" / "test_softmax.py"
        test.write_text(test.read_text() + change)
        with profiling() as profile:
            options = GradingOptions(jobs=WORKERS, profile=profile.folder)
            grade_class(course, ASSIGNMENT, options, progress=Clock())
            each = profile.done(ASSIGNMENT).each
        if len(each) != copies:
            raise CourseError(f"{len(each)} of {copies} submissions were graded")
        # A process's first submission pays for what is used for the first time.
        first = {one.process: one for one in reversed(each)}
        warm = [one.ended - one.begun for one in each if one is not first[one.process]]
        spent.append(sum(warm) / len(warm))
    return {"first": spent[0], "again": spent[1]}


def stored(course: Course, copies: int) -> Figures:
    """Recording alone: each submission's result is there when the run begins, and no jail is started."""
    from autograder.classroom.grade_class import grade_class
    from autograder.classroom.options import DEFAULT, GradingOptions
    from autograder.grading.result import Result
    from bench.memory import Peak

    api = released(course)
    students = submit_copies(course, copies)
    result, clock = _right(course), Clock()

    def grading(
        course: Course, assignment: str, students: list[str], options: GradingOptions
    ) -> Iterator[tuple[str, Result | str]]:
        for student in students:
            yield student, result

    with Peak() as peak:
        grade_class(course, ASSIGNMENT, DEFAULT, progress=clock, grading=grading)
    times = clock.times["recording"]
    _check(api, students[:: max(1, copies // 50)])
    # The first one imports and prepares.
    return {"seconds": (times[-1] - times[0]) / (copies - 1), "bytes": float(peak.all)}


def calls(course: Course, copies: int) -> Figures:
    """A call into the jail beside a pipe's way there and back."""
    return {"call": call_ratio()}


SIDES: dict[str, Callable[[Course, int], Figures]] = {
    "stock": stock,
    "jailed": jailed,
    "alone": alone,
    "otter": otter,
    "prairielearn": prairielearn,
    "edited": edited,
    "stored": stored,
    "calls": calls,
}


def released(course: Course) -> Any:
    """nbgrader's API for the course, with the assignment released."""
    from nbgrader.apps import NbGraderAPI
    from nbgrader.apps.baseapp import NbGrader
    from nbgrader.coursedir import CourseDirectory

    app = NbGrader()
    app.load_config_file()
    app.config.NbGraderAPI.log_level = "WARN"
    api = NbGraderAPI(CourseDirectory(config=app.config), config=app.config)
    report = api.generate_assignment(ASSIGNMENT)
    if not report["success"]:
        raise CourseError(f"nbgrader generate_assignment failed: {report['error'].strip().splitlines()[-1]}")
    return api


def _peer(course: Course, copies: int, grader: Callable[[Course, Path], Any]) -> Figures:
    from bench.peers import grade_copies

    with tempfile.TemporaryDirectory(prefix="peer-") as folder:
        begun = time.perf_counter()
        peer = grader(course, Path(folder))
        grade_copies(peer, submit_copies(course, WORKERS), WORKERS)
        start = time.perf_counter()
        grade_copies(peer, submit_copies(course, copies), WORKERS)
        return {"seconds": time.perf_counter() - start, "start": start - begun}


def _right(course: Course) -> Any:
    """A result with full marks, as far as recording reads it."""
    from autograder.gradebook.cells import marked_cells
    from autograder.grading.result import ExerciseResult, JailRecord, Result, TestResult, Verdict

    test = TestResult(name="test", statement="It is right.", weight=1.0, verdict=Verdict.PASSED)
    return Result(
        key="",
        assignment=ASSIGNMENT,
        notebook=NOTEBOOK,
        submission_digest="",
        suite_digest="",
        environment_digest="",
        seed=0,
        jail=JailRecord(backend=""),
        verdict=Verdict.PASSED,
        exercises=tuple(
            ExerciseResult(
                id=cell.grade_id,
                points=float(cell.marks["points"]),
                share=1.0,
                verdict=Verdict.PASSED,
                tests=(test,),
            )
            for cell in marked_cells(course.source / ASSIGNMENT)
            if cell.marks.get("grade")
        ),
    )


def _autograde(api: Any, students: list[str]) -> None:
    for student in students:
        report = api.autograde(ASSIGNMENT, student)
        if not report["success"]:
            raise CourseError(f"autograding {student} failed: {report['error'].strip().splitlines()[-1]}")


def _check(api: Any, students: list[str]) -> None:
    """Every copy is correct; CourseError where a side did not give it full marks."""
    with api.gradebook as gradebook:
        for student in students:
            submission = gradebook.find_submission(ASSIGNMENT, student)
            if submission.score != submission.max_score:
                raise CourseError(
                    f"{student} got {submission.score} of {submission.max_score} for a correct submission"
                )


def environment() -> dict[str, str]:
    """In which a side runs: this project's commands and modules are found."""
    import sys

    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
