"""A class graded in several processes: one that dies costs nobody anything, and nothing is graded twice."""

from __future__ import annotations

import multiprocessing
import os
import select
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from autograder.classroom import run as grading_run
from autograder.classroom import workplace
from autograder.classroom.pool import Task, grade_all
from autograder.classroom.run import grade_assignment, grade_one
from autograder.classroom.store import ResultStore
from autograder.course import Course, CourseError
from autograder.grading.assignment import Assignment
from autograder.grading.result import ExerciseResult, Result, Verdict
from autograder.jail.host.visibility import JailUnavailable
from tests.grading import runs, toy
from tests.grading.conftest import Grade

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of the pool starts with this one's path and imports `runs` from it."""
    monkeypatch.syspath_prepend(str(ROOT))


def tasks(folder: Path, assignment: Assignment, **documents: str) -> list[Task]:
    jail = workplace.JailChoice("none")
    return [Task(key, f"{folder}|{what}".encode(), assignment, 0, jail) for key, what in documents.items()]


def outcomes(work: list[Task], jobs: int) -> dict[str, Result | str]:
    return {task.key: outcome for task, outcome in grade_all(work, jobs, runs.run)}


def test_processes_that_are_killed_cost_only_their_own_submission(
    tmp_path: Path, assignment: Assignment
) -> None:
    work = tasks(tmp_path, assignment, a="slow", b="kill", c="refuse", d="fault", e="damaged", f="")
    found = outcomes(work, jobs=2)
    assert found.keys() == set("abcdef") and found["a"] == runs.graded("a") and found["f"] == runs.graded("f")
    assert "killed twice" in str(found["b"]) and found["c"] == "the file is not JSON"
    assert "ZeroDivisionError: a bug of ours" in str(found["d"]) and "the grader failed" in str(found["e"])
    ran = [path.name.split("-")[0] for path in tmp_path.iterdir()]
    assert ran.count("b") == 2 and ran.count("f") == 1


def test_a_process_takes_no_more_memory_than_it_may(tmp_path: Path, assignment: Assignment) -> None:
    assert "MemoryError" in str(outcomes(tasks(tmp_path, assignment, a="greedy"), jobs=1)["a"])


def test_a_task_that_only_ran_beside_a_killed_one_is_graded(tmp_path: Path, assignment: Assignment) -> None:
    assert outcomes(tasks(tmp_path, assignment, a="once"), jobs=2) == {"a": runs.graded("a")}


def test_without_a_jail_nothing_is_graded(tmp_path: Path, assignment: Assignment) -> None:
    with pytest.raises(JailUnavailable, match="nothing holds"):
        outcomes(tasks(tmp_path, assignment, a="no jail", b=""), jobs=1)


def test_a_killed_grader_leaves_no_process_behind(tmp_path: Path, assignment: Assignment) -> None:
    context = multiprocessing.get_context("fork")
    grader = context.Process(target=outcomes, args=(tasks(tmp_path, assignment, a="forever"), 1))
    grader.start()
    note = tmp_path / "pid"
    while not (note.exists() and note.read_text()):
        time.sleep(0.05)
    worker = os.pidfd_open(int(note.read_text()))
    grader.kill()
    grader.join()
    ended, _, _ = select.select([worker], [], [], 60)  # readable once the process has ended
    os.close(worker)
    assert ended


# A class ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path: Path, assignment: Assignment, monkeypatch: pytest.MonkeyPatch) -> Course:
    """Five submissions: two equal, one partly right, one that is no notebook, one missing."""
    monkeypatch.setattr(grading_run, "load_assignment", lambda course, name: assignment)
    course = Course(tmp_path / "a course")
    for student, content in {
        "ann": toy.document(toy.solved()),
        "bob": toy.document(toy.solved()),
        "éva o": toy.document(toy.solved(double="def double(x): return 3 * x")),
        "dan": b"not JSON",
    }.items():
        path = course.submission_folder(student, "toy") / "toy.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    course.submission_folder("eve", "toy").mkdir(parents=True)
    return course


STUDENTS = ["ann", "bob", "éva o", "dan", "eve"]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grading replaced by a stub that notes the keys it was asked for."""
    asked: list[str] = []

    def grade_all(work: list[Task], jobs: int) -> Iterator[tuple[Task, Result | str]]:
        for task in work:
            asked.append(task.key)
            yield task, runs.graded(task.key)

    monkeypatch.setattr(grading_run, "grade_all", grade_all)
    return asked


def test_equal_submissions_are_graded_once_and_stored_ones_not_again(
    course: Course, counted: list[str]
) -> None:
    done: list[int] = []
    first = grade_assignment(course, "toy", STUDENTS, progress=lambda: done.append(1))
    assert list(first) == STUDENTS and len(done) == 5
    assert len(counted) == 2 and first["ann"] == first["bob"] != first["éva o"]
    assert "not JSON" in str(first["dan"]) and "missing" in str(first["eve"])
    assert grade_assignment(course, "toy", STUDENTS) == first and len(counted) == 2
    assert grade_assignment(course, "toy", STUDENTS, force=True) == first and len(counted) == 4
    assert grade_assignment(course, "toy", STUDENTS, seed=1)["ann"] != first["ann"] and len(counted) == 6
    changed = course.submission_folder("bob", "toy") / "toy.ipynb"
    changed.write_bytes(toy.document(toy.with_own_cell("1 + 1")))
    grade_assignment(course, "toy", STUDENTS)
    assert len(counted) == 7


def test_a_damaged_or_unfinished_result_is_made_again(course: Course, counted: list[str]) -> None:
    grade_assignment(course, "toy", ["ann"])
    store = ResultStore(course.results)
    store.path(counted[0]).write_bytes(b"{")
    grade_assignment(course, "toy", ["ann"])
    assert len(counted) == 2 and store.get(counted[0]) is not None


def test_results_that_cannot_be_stored_stop_the_run_with_one_sentence(
    course: Course, counted: list[str]
) -> None:
    course.results.write_text("in the way")
    with pytest.raises(CourseError, match="cannot be written"):
        grade_assignment(course, "toy", STUDENTS)


def test_a_submission_over_the_size_limit_is_not_read(course: Course, counted: list[str]) -> None:
    path = course.submission_folder("bob", "toy") / "toy.ipynb"
    with open(path, "r+b") as file:
        file.truncate(80 << 20)
    found = grade_assignment(course, "toy", STUDENTS)
    assert "80 MiB" in str(found["bob"]) and isinstance(found["ann"], Result)


def test_a_class_in_two_processes_and_one_notebook_in_this_give_the_same_bytes(
    course: Course, graded: Grade
) -> None:
    both = grade_assignment(course, "toy", STUDENTS, jobs=2, backend="landlock")
    ann, partial = both["ann"], both["éva o"]
    assert isinstance(ann, Result) and isinstance(partial, Result), both
    assert ann.score == 12 and partial.score == 7 and ann.jail.proofs
    content = course.submission("éva o", "toy", "toy")
    assert graded(content).scored_bytes() == partial.scored_bytes()
    assert grade_one(course, "toy", "éva o", backend="landlock") == partial, "the stored one"


def test_a_result_in_which_the_grader_failed_is_tried_again(course: Course, counted: list[str]) -> None:
    found = grade_assignment(course, "toy", ["ann"])["ann"]
    assert isinstance(found, Result)
    lost = ExerciseResult(id="double", points=5, share=0, verdict=Verdict.NOT_GRADABLE, fault="the disk")
    ResultStore(course.results).put(msgspec.structs.replace(found, exercises=(lost,)))
    assert grade_assignment(course, "toy", ["ann"])["ann"] == found and len(counted) == 2
    ResultStore(course.results).put(msgspec.structs.replace(found, exercises=(lost,)))
    assert grade_one(course, "toy", "ann", backend="landlock").verdict is Verdict.PASSED
    assert grade_one(course, "toy", "ann", backend="landlock").exercise("double").verdict is Verdict.PASSED
