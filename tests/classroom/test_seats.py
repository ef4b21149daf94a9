"""Grading processes that begin before it is known what they will grade: used first, and never left behind."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.classroom import grade_class as grading_a_class
from autograder.classroom.grade_class import grade_class, new_work
from autograder.classroom.options import GradingOptions, JailChoice
from autograder.classroom.pool import Task, grade_all
from autograder.classroom.seats import Seat, Seats
from autograder.course import Course
from autograder.gradebook.record import Recorder
from autograder.grading.assignment import Assignment
from autograder.grading.result import Result
from tests.classroom.test_grade_class import Quiet
from tests.gradebook.conftest import ASSIGNMENT, NOTEBOOK, Submit, make_result
from tests.grading import runs

ROOT = Path(__file__).parents[2]
NO_JAIL = JailChoice("none")
"""What cannot be prepared: these tests' tasks need no jail, and what it says is told by the tasks that do."""


def pids(seats: list[Seat]) -> list[int]:
    return [pid for seat in seats for pid in (seat._executor._processes or {})]


def ended(pid_descriptor: int) -> bool:
    """Whether the process ends soon."""
    try:
        return bool(select.select([pid_descriptor], [], [], 60)[0])
    finally:
        os.close(pid_descriptor)


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of the pool starts with this one's path and imports `runs` from it."""
    monkeypatch.syspath_prepend(str(ROOT))


def test_what_has_begun_is_used_and_what_nobody_needs_ends(tmp_path: Path, assignment: Assignment) -> None:
    tasks = [Task(key, f"{tmp_path}|".encode(), assignment, 0, NO_JAIL) for key in "ab"]
    with Seats(3, NO_JAIL) as seats:
        seats._starting.join()
        all_ = list(seats._seats)
        begun = pids(all_)
        assert len(begun) == 3
        unused = os.pidfd_open(begun[2])
        graded = {}
        for task, outcome in grade_all(tasks, 2, runs.run, seats=seats):
            graded[task.key] = outcome
            assert set(pids(all_[:2])) == set(begun[:2]), "no other process was started"
    assert graded == {"a": runs.graded("a"), "b": runs.graded("b")}
    assert ended(unused)


def test_without_anything_to_grade_they_end() -> None:
    with Seats(1, NO_JAIL) as seats:
        seats._starting.join()
        unused = os.pidfd_open(pids(seats._seats)[0])
        assert list(grade_all([], 2, runs.run, seats=seats)) == []
        assert ended(unused)


def test_an_error_meanwhile_ends_them() -> None:
    with pytest.raises(ZeroDivisionError), Seats(1, NO_JAIL) as seats:
        seats._starting.join()
        unused = os.pidfd_open(pids(seats._seats)[0])
        raise ZeroDivisionError
    assert ended(unused)


def test_one_that_has_died_meanwhile_costs_nothing(tmp_path: Path, assignment: Assignment) -> None:
    with Seats(1, NO_JAIL) as seats:
        seats._starting.join()
        (pid,) = pids(seats._seats)
        dead = os.pidfd_open(pid)
        os.kill(pid, 9)
        assert ended(dead)
        tasks = [Task("a", f"{tmp_path}|".encode(), assignment, 0, NO_JAIL)]
        assert [outcome for _, outcome in grade_all(tasks, 1, runs.run, seats=seats)] == [runs.graded("a")]


def test_more_tasks_than_seats_that_have_begun(tmp_path: Path, assignment: Assignment) -> None:
    tasks = [Task(key, f"{tmp_path}|slow".encode(), assignment, 0, NO_JAIL) for key in "abc"]
    with Seats(1, NO_JAIL) as seats:
        found = {task.key for task, _ in grade_all(tasks, 2, runs.run, seats=seats)}
    assert found == set("abc")


# Which of them a class begins ---------------------------------------------------------------------------------------


def test_new_work_is_what_was_handed_in_after_it_was_recorded(course: Course, submit: Submit) -> None:
    students = ["ada", "bob", "cyd"]
    for student in students:
        submit(student)
    course.submission_folder("dan", ASSIGNMENT).mkdir(parents=True)
    assert new_work(course, ASSIGNMENT, [*students, "dan", "nobody"], [NOTEBOOK]) == 3
    recorder = Recorder(course)
    for student in students:
        assert recorder.record(ASSIGNMENT, student, make_result(double=1.0, square=1.0)) is None
    assert new_work(course, ASSIGNMENT, students, [NOTEBOOK]) == 0
    later = time.time() + 5
    os.utime(course.submission_folder("bob", ASSIGNMENT) / f"{NOTEBOOK}.ipynb", (later, later))
    assert new_work(course, ASSIGNMENT, students, [NOTEBOOK]) == 1


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """`Seats` replaced by a note of how many were begun with what; a class graded without processes."""
    asked: list[Any] = []

    class Noted:
        def __init__(self, count: int, jail: JailChoice, profile: Path | None) -> None:
            self.asked = (count, jail, profile)

        def __enter__(self) -> Noted:
            asked.append(self.asked)
            return self

        def __exit__(self, *_: object) -> None:
            asked.append("ended")

    def class_outcomes(
        course: Course, name: str, students: list[str], options: GradingOptions, seats: Noted | None
    ) -> Iterator[tuple[str, Result | str]]:
        asked.append(seats and seats.asked[0])
        for student in students:
            yield student, make_result(double=1.0, square=1.0)

    monkeypatch.setattr(grading_a_class, "Seats", Noted)
    monkeypatch.setattr(grading_a_class.processes, "context", lambda: None)
    monkeypatch.setattr("autograder.classroom.outcomes.class_outcomes", class_outcomes)
    return asked


def test_a_class_begins_as_many_as_it_may_need(course: Course, submit: Submit, begun: list[Any]) -> None:
    for student in ("ada", "bob"):
        submit(student)

    def grade(**options: Any) -> list[Any]:
        begun.clear()
        report = grade_class(course, ASSIGNMENT, GradingOptions(**options), progress=Quiet())
        assert [row.score for row in report.rows] == [10.0, 10.0]
        return list(begun)

    first = GradingOptions(jobs=4)
    jail = JailChoice.of(course, first)
    assert grade(jobs=4) == [(2, jail, None), 2, "ended"]
    assert course.secret.exists(), "a proof is tried on what is there"
    assert grade(jobs=4) == [None], "nothing was handed in since"
    assert grade(jobs=1, force=True) == [(1, jail, None), 1, "ended"]
    assert grade(cluster="tcp://nowhere:1") == [None]


def test_nothing_large_is_imported_to_begin_them() -> None:
    code = (
        "import sys, autograder.cli.grade, autograder.classroom.seats\n"
        "large = {'torch', 'numpy', 'nbgrader', 'pytest', 'IPython'} & set(sys.modules)\n"
        "sys.exit(', '.join(large) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
