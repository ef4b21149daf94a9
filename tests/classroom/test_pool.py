"""A class graded in several processes: one that dies costs nobody anything, and nothing is graded twice."""

from __future__ import annotations

import multiprocessing
import os
import select
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from autograder.classroom import outcomes as grading_outcomes
from autograder.classroom import workplace
from autograder.classroom.options import GradingOptions
from autograder.classroom.outcomes import class_outcomes, one_outcome
from autograder.classroom.pool import Task, grade_all
from autograder.classroom.store import ResultStore
from autograder.course import Course, CourseError
from autograder.grading.assignment import Assignment
from autograder.grading.keys import score_keys
from autograder.grading.result import ExerciseKeys, ExerciseResult, Result, Verdict
from autograder.grading.run_order import run_order
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


def test_a_suite_that_cannot_be_run_is_one_error(tmp_path: Path, assignment: Assignment) -> None:
    with pytest.raises(CourseError, match="cannot be run"):
        outcomes(tasks(tmp_path, assignment, a="broken suite", b="broken suite", c=""), jobs=1)


def test_a_killed_grader_leaves_no_process_behind(tmp_path: Path, assignment: Assignment) -> None:
    context = multiprocessing.get_context("spawn")  # a grader with a server of its own
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
    monkeypatch.setattr(grading_outcomes, "load_assignment", lambda course, name: assignment)
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


def grade_assignment(course: Course, students: list[str], **options: Any) -> dict[str, Result | str]:
    found = dict(class_outcomes(course, "toy", students, GradingOptions(**options)))
    assert found.keys() == set(students)
    return {student: found[student] for student in students}


def grade_one(course: Course, student: str, **options: Any) -> Result:
    return one_outcome(course, "toy", course.submission(student, "toy", "toy"), GradingOptions(**options))


STUDENTS = ["ann", "bob", "éva o", "dan", "eve"]


def full_marks(task: Task) -> Result:
    """What a task's grading would store, were all of it right."""
    assignment = task.assignment
    assert not isinstance(task.submission, bytes)
    keys = score_keys(assignment, run_order(assignment, task.submission), task.seed).exercises
    return msgspec.structs.replace(
        runs.graded(task.key),
        exercises=tuple(
            ExerciseResult(id=e.id, points=e.points, share=1, verdict=Verdict.PASSED)
            for e in assignment.exercises
        ),
        keys={exercise: ExerciseKeys(score=key) for exercise, key in keys.items()},
    )


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grading replaced by a stub that notes the keys it was asked for."""
    asked: list[str] = []

    def grade_all(work: list[Task], jobs: int, **_: object) -> Iterator[tuple[Task, Result | str]]:
        for task in work:
            asked.append(task.key)
            yield task, full_marks(task)

    monkeypatch.setattr(grading_outcomes, "grade_all", grade_all)
    return asked


def test_equal_submissions_are_graded_once_and_stored_ones_not_again(
    course: Course, counted: list[str]
) -> None:
    first = grade_assignment(course, STUDENTS)
    assert len(counted) == 2 and first["ann"] == first["bob"] != first["éva o"]
    assert "not JSON" in str(first["dan"]) and "missing" in str(first["eve"])
    assert grade_assignment(course, STUDENTS) == first and len(counted) == 2
    assert grade_assignment(course, STUDENTS, force=True) == first and len(counted) == 4
    assert grade_assignment(course, STUDENTS, seed=1)["ann"] != first["ann"] and len(counted) == 6
    changed = course.submission_folder("bob", "toy") / "toy.ipynb"
    changed.write_bytes(toy.document(toy.with_own_cell("1 + 1")))
    grade_assignment(course, STUDENTS)
    assert len(counted) == 7


def test_a_damaged_or_unfinished_result_is_made_again(course: Course, counted: list[str]) -> None:
    grade_assignment(course, ["ann"])
    store = ResultStore(course.results)
    store.path(counted[0]).write_bytes(b"{")
    grade_assignment(course, ["ann"])
    assert len(counted) == 2 and store.get(counted[0]) is not None


def test_results_that_cannot_be_stored_stop_the_run_with_one_sentence(
    course: Course, counted: list[str]
) -> None:
    course.results.write_text("in the way")
    with pytest.raises(CourseError, match="cannot be written"):
        grade_assignment(course, STUDENTS)


def test_a_submission_over_the_size_limit_is_not_read(course: Course, counted: list[str]) -> None:
    path = course.submission_folder("bob", "toy") / "toy.ipynb"
    with open(path, "r+b") as file:
        file.truncate(80 << 20)
    found = grade_assignment(course, STUDENTS)
    assert "80 MiB" in str(found["bob"]) and isinstance(found["ann"], Result)


def test_a_class_in_two_processes_and_one_notebook_in_this_give_the_same_bytes(
    course: Course, graded: Grade
) -> None:
    both = grade_assignment(course, STUDENTS, jobs=2, backend="landlock")
    ann, partial = both["ann"], both["éva o"]
    assert isinstance(ann, Result) and isinstance(partial, Result), both
    assert ann.score == 12 and partial.score == 7 and ann.jail.proofs
    content = course.submission("éva o", "toy", "toy")
    assert graded(content).scored_bytes() == partial.scored_bytes()
    assert grade_one(course, "éva o", backend="landlock") == partial, "the stored one"


def test_a_result_in_which_the_grader_failed_is_tried_again(course: Course, counted: list[str]) -> None:
    found = grade_assignment(course, ["ann"])["ann"]
    assert isinstance(found, Result)
    lost = ExerciseResult(id="double", points=5, share=0, verdict=Verdict.NOT_GRADABLE, fault="the disk")
    ResultStore(course.results).put(msgspec.structs.replace(found, exercises=(lost,)))
    assert grade_assignment(course, ["ann"])["ann"] == found and len(counted) == 2
    ResultStore(course.results).put(msgspec.structs.replace(found, exercises=(lost,)))
    assert grade_one(course, "ann", backend="landlock").verdict is Verdict.PASSED
    assert grade_one(course, "ann", backend="landlock").exercise("double").verdict is Verdict.PASSED


def test_a_hidden_suite_that_cannot_be_collected_ends_the_run_at_once(
    course: Course, assignment: Assignment
) -> None:
    broken = assignment.suite / "test_broken.py"
    broken.write_text("import no_such_module\n")
    try:
        with pytest.raises(CourseError, match=r"test_broken.*no_such_module"):
            list(class_outcomes(course, "toy", STUDENTS, GradingOptions(backend="landlock")))
        with pytest.raises(CourseError, match="test_broken"):
            grade_one(course, "ann", backend="landlock")
    finally:
        broken.unlink()
    assert not list(course.results.rglob("*.json"))


def test_a_server_that_keeps_running_meets_an_edited_suite(tmp_path: Path) -> None:
    course = Course(tmp_path)
    source = toy.write(tmp_path).suite
    (course.suites).mkdir(parents=True, exist_ok=True)
    source.rename(course.suites / "toy")
    before = workplace.load_assignment(course, "toy")
    old = before.suite_digest
    assert workplace.load_assignment(course, "toy") is before
    test = course.suites / "toy" / "test_double.py"
    test.write_text(test.read_text() + "\n")
    after = workplace.load_assignment(course, "toy")
    assert after.suite_digest != old


def test_a_suite_that_is_edited_during_grading_gives_no_result(
    assignment: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = workplace.workplace(workplace.JailChoice("landlock"))
    test = assignment.suite / "test_double.py"
    original, real = test.read_text(), workplace.grade

    def edited(*args: Any, **kwargs: Any) -> Result:
        result = real(*args, **kwargs)
        test.write_text(original + "\n")
        return result

    monkeypatch.setattr(workplace, "grade", edited)
    try:
        with pytest.raises(CourseError, match="edited during grading"):
            place.grade(toy.document(toy.solved()), assignment, 0)
    finally:
        test.write_text(original)
