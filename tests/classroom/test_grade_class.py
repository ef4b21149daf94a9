"""Grading a class with submissions nobody should have handed in: each is named, and nobody else's grade moves."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.classroom.grade_class import ClassReport, Grading, Row, grade_class
from autograder.classroom.options import DEFAULT, GradingOptions
from autograder.course import Course, CourseError, SubmissionError
from autograder.course.lock import grading_lock
from autograder.gradebook import JailedGrade
from autograder.gradebook.record import Recorder
from autograder.grading.result import Result, Verdict
from tests.gradebook.conftest import ASSIGNMENT, NOTEBOOK, Submit, make_result

Results = dict[str, Result | Exception]


class Quiet:
    def __init__(self) -> None:
        self.holders: list[str] = []
        self.told: list[str] = []

    def waiting(self, holder: str) -> None:
        self.holders.append(holder)

    def phase(self, name: str, total: int) -> Callable[[], None]:
        return lambda: None

    def recorded(self, student: str, outcome: Result | str) -> None:
        self.told.append(student)


def as_told(results: Results) -> Grading:
    """A grading that finds these results, in the order of the students."""

    def grading(
        course: Course, assignment: str, students: list[str], options: GradingOptions
    ) -> Iterator[tuple[str, Result | str]]:
        for student in students:
            found = results[student]
            yield student, found if isinstance(found, Result) else str(found)

    return grading


def grade(
    course: Course, results: Results, students: tuple[str, ...] = (), options: GradingOptions = DEFAULT
) -> ClassReport:
    return grade_class(
        course, ASSIGNMENT, options, students=students, progress=Quiet(), grading=as_told(results)
    )


def by_student(report: ClassReport) -> dict[str, Row]:
    return {row.student: row for row in report.rows}


def as_link(folder: Path, aside: Path) -> None:
    folder.rename(aside)
    folder.symlink_to(aside)


def holds_link(folder: Path, aside: Path) -> None:
    aside.write_text("the instructor's")
    (folder / "notes.txt").symlink_to(aside)


def holds_pipe(folder: Path, aside: Path) -> None:
    os.mkfifo(folder / "data.txt")


def is_file(folder: Path, aside: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.write_text("not a folder")


def holds_nothing(folder: Path, aside: Path) -> None:
    (folder / f"{NOTEBOOK}.ipynb").unlink()


def two_worked(folder: Path, aside: Path) -> None:
    asked = folder / f"{NOTEBOOK}.ipynb"
    text = asked.read_text().replace("raise NotImplementedError", "return x")
    assert text != asked.read_text()
    asked.unlink()
    (folder / "Untitled1.ipynb").write_text(text)
    (folder / "Untitled2.ipynb").write_text(text.replace("return x", "return 2"))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (as_link, "symbolic link"),
        (holds_link, "notes.txt"),
        (holds_pipe, "data.txt"),
        (is_file, "not a folder"),
        (holds_nothing, "no notebook"),
        (two_worked, "several notebooks with work"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_one_spoilt_submission_costs_nobody_else(
    course: Course,
    submit: Submit,
    results: Results,
    tmp_path: Path,
    spoil: Callable[[Path, Path], None],
    says: str,
) -> None:
    for student in ("ada", "eve", "zed"):
        submit(student)
        results[student] = make_result(double=1.0, square=0.5)
    before = by_student(grade(course, results))
    assert {row.score for row in before.values()} == {7.0}

    spoil(course.submission_folder("eve", ASSIGNMENT), tmp_path / "aside")
    after = by_student(grade(course, results))
    assert after["ada"] == before["ada"] and after["zed"] == before["zed"]
    assert says in after["eve"].problem
    assert after["eve"].score is None and {"double", "square"} <= set(after["eve"].waiting)
    page = (course.autograded / "eve" / ASSIGNMENT / f"{NOTEBOOK}.ipynb").read_text()
    assert says in page and "execute_result" not in page


def test_copied_files_never_come_from_a_link(
    course: Course, submit: Submit, results: Results, tmp_path: Path
) -> None:
    submit("eve")
    holds_link(course.submission_folder("eve", ASSIGNMENT), tmp_path / "aside")
    grade(course, results)
    copies = [path for path in course.root.rglob("notes.txt") if not path.is_symlink()]
    assert copies == []


@pytest.mark.parametrize(
    "student", ["a[1]", "star*", "what?", " bob", "tab\tbed", "=1+1", "<img src=x onerror=alert(1)>"]
)
def test_ids_nbgrader_cannot_handle_are_named(
    course: Course, submit: Submit, results: Results, student: str
) -> None:
    submit("ada")
    submit(student)
    results["ada"] = make_result(double=1.0, square=1.0)
    rows = by_student(grade(course, results))
    assert rows["ada"].score == 10.0 and not rows["ada"].problem
    assert "folder name" in rows[student].problem and rows[student].waiting


def test_not_gradable_waits_and_the_rest_goes_on(course: Course, submit: Submit, results: Results) -> None:
    submit("ada")
    submit("bob").write_bytes(b"{")
    results["ada"] = make_result(double=1.0, square=1.0)
    results["bob"] = make_result(Verdict.NOT_GRADABLE, ("the file is not JSON, so it is no notebook",))
    rows = by_student(grade(course, results))
    assert rows["ada"].score == 10.0
    assert {"double", "square"} <= set(rows["bob"].waiting) and rows["bob"].score is None
    assert "not JSON" in rows["bob"].problem


def test_missing_submission_is_named(course: Course, submit: Submit, results: Results) -> None:
    with pytest.raises(CourseError, match="nbgrader collect"):
        grade(course, results)
    submit("ada")
    with pytest.raises(CourseError, match="'bob'"):
        grade(course, results, students=("bob",))


def test_unknown_assignment_is_named(course: Course) -> None:
    with pytest.raises(CourseError, match=r"there: toy"):
        grade_class(course, "ch99", progress=Quiet(), grading=as_told({}))


def test_assignment_without_release_is_named(course: Course, submit: Submit, results: Results) -> None:
    submit("ada")
    course.gradebook.unlink()
    with pytest.raises(CourseError, match="generate_assignment toy"):
        grade(course, results)


def test_a_locked_gradebook_is_named(
    course: Course, submit: Submit, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit("ada")
    results["ada"] = make_result(double=1.0, square=1.0)
    config = course.root / "nbgrader_config.py"
    config.write_text(
        f"c.CourseDirectory.db_url = 'sqlite:///{course.gradebook}?timeout=0.2'\n" + config.read_text()
    )
    config.write_text("c = get_config()\n" + config.read_text())
    with sqlite3.connect(course.gradebook) as other:
        other.execute("begin exclusive")
        with pytest.raises(CourseError, match="another program holds it"):
            grade(course, results)
    assert by_student(grade(course, results))["ada"].score == 10.0


def test_a_full_disk_is_named(
    course: Course, submit: Submit, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    submit("ada")
    results["ada"] = make_result(double=1.0, square=1.0)

    def full(*args: object, **kwargs: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("nbconvert.writers.files.FilesWriter.write", full)
    with pytest.raises(CourseError, match="free some disk space"):
        grade(course, results)


def test_a_second_grader_waits_and_says_for_whom(course: Course, submit: Submit, results: Results) -> None:
    submit("ada")
    results["ada"] = make_result(double=1.0, square=1.0)
    with grading_lock(course.root):
        with pytest.raises(CourseError, match=f"process {os.getpid()}"):
            grade(course, results, options=GradingOptions(wait=False))
        told: list[str] = []
        order: list[str] = []

        def second() -> None:
            with grading_lock(course.root, on_wait=told.append):
                order.append("second")

        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.6)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"] and f"process {os.getpid()}" in told[0]


def test_a_dead_grader_holds_nothing(course: Course) -> None:
    pid = os.fork()
    if pid == 0:
        manager = grading_lock(course.root)
        manager.__enter__()
        os._exit(9)
    os.waitpid(pid, 0)
    with grading_lock(course.root, wait=False):
        pass


def test_a_read_only_course_is_named(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="writable"), grading_lock(tmp_path / "missing"):
        pass


def test_a_folder_in_the_notebooks_place_is_refused(tmp_path: Path) -> None:
    course = Course(tmp_path)
    (course.submission_folder("eve", ASSIGNMENT) / f"{NOTEBOOK}.ipynb").mkdir(parents=True)
    with pytest.raises(SubmissionError, match="not a plain file"):
        course.submission("eve", ASSIGNMENT, NOTEBOOK)


def test_a_submission_without_a_result_is_not_graded_by_who_records(
    course: Course, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the bounded pool could not grade, the recording process must not try."""
    for student in ("ada", "bob"):
        submit(student)
    told: Results = {
        "ada": RuntimeError("the grading process was killed twice on this submission"),
        "bob": make_result(Verdict.NOT_GRADABLE, ("the grader failed",)),
    }

    def find(*_: object) -> Result:
        raise AssertionError("graded in the recording process")

    monkeypatch.setattr(JailedGrade, "find", find)
    rows = by_student(grade(course, told))
    assert "killed twice" in rows["ada"].problem and rows["bob"].problem == "the grader failed"
    assert {"double", "square"} <= set(rows["ada"].waiting) & set(rows["bob"].waiting)


def test_an_error_of_recording_ends_the_run_before_the_rest_is_graded(
    course: Course, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    students = ["ada", "bob", "cyd", "dan"]
    for student in students:
        submit(student)
    begun: list[str] = []
    failed = threading.Event()

    def full(*_: object, **__: object) -> None:
        raise CourseError("the disk is full")

    def grading(
        course: Course, assignment: str, students: list[str], options: GradingOptions
    ) -> Iterator[tuple[str, Result | str]]:
        for student in students:
            begun.append(student)
            yield student, make_result(double=1.0, square=1.0)
            failed.wait(0.5)

    monkeypatch.setattr(Recorder, "record", full)
    with pytest.raises(CourseError, match="the disk is full"):
        grade_class(course, ASSIGNMENT, progress=Quiet(), grading=grading)
    assert begun in (["ada"], ["ada", "bob"])


def test_a_submission_that_is_replaced_meanwhile_is_told_and_not_scored(
    course: Course, submit: Submit
) -> None:
    path = submit("ada")

    def grading(
        course: Course, assignment: str, students: list[str], options: GradingOptions
    ) -> Iterator[tuple[str, Result | str]]:
        path.write_text(path.read_text() + "\n")
        yield "ada", make_result(double=1.0, square=1.0)

    row = by_student(grade_class(course, ASSIGNMENT, progress=Quiet(), grading=grading))["ada"]
    assert "replaced" in row.problem and row.score == 0 and "double" in row.waiting
