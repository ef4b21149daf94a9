"""`autograder report` on a course: the gradebook's grades, the stored results and what lies in submitted/."""

from __future__ import annotations

from pathlib import Path

import msgspec
import nbformat
import pytest
from typer.testing import CliRunner

from autograder.classroom.store import ResultStore
from autograder.cli import main as cli
from autograder.cli.report import run_report
from autograder.course import Course, CourseError
from autograder.grading.parse_notebook import digest, parse
from autograder.grading.result import ExerciseResult, Result, TestResult, Verdict
from autograder.report.gather import gather, stored_results
from tests.gradebook.conftest import (
    ASSIGNMENT,
    NOTEBOOK,
    cell_of,
    entered,
    entered_once,
    make_result,
    source_notebook,
)
from tests.report.test_alike import RENAMED, WALK

__all__ = ["entered", "entered_once"]


@pytest.fixture
def course(entered: Course) -> Course:
    """ada and zoe wrote alike; nil's result has a misconception and a time-out; kim's file is no notebook."""
    release = source_notebook()
    for cell in release.cells:
        if cell.metadata.nbgrader.get("solution") and cell.cell_type == "code":
            cell.source = "raise NotImplementedError"
    (entered.release / ASSIGNMENT).mkdir(parents=True)
    nbformat.write(release, entered.release / ASSIGNMENT / f"{NOTEBOOK}.ipynb")
    store = ResultStore(entered.results)
    for student, code in {"ada": WALK, "zoe": RENAMED, "nil": "pass", "new": "later"}.items():
        cell_of(release, "double_solution").source = code
        path = entered.submission_folder(student, ASSIGNMENT) / f"{NOTEBOOK}.ipynb"
        nbformat.write(release, path)
        if student != "new":
            store.put(result_of(path, wrong=student == "nil"))
    (entered.submission_folder("kim", ASSIGNMENT) / f"{NOTEBOOK}.ipynb").write_text("{")
    return entered


def result_of(path: Path, *, wrong: bool) -> Result:
    key = digest(parse(path.read_bytes()))
    result = make_result(
        double=0.0 if wrong else 1.0, square=1.0, notes=("A cell was copied.",) if wrong else ()
    )
    exercises = result.exercises
    if wrong:
        failed = TestResult(
            name="t",
            statement="s",
            weight=1.0,
            verdict=Verdict.FAILED,
            hint="Look at the axis.",
            misconception="rows",
        )
        slow = ExerciseResult(
            id="square",
            points=6.0,
            share=0.0,
            verdict=Verdict.TIMEOUT,
            message="slept for <b>60</b> s",
            tests=(failed,),
        )
        exercises = (msgspec.structs.replace(exercises[0], tests=(failed, failed)), slow)
    return msgspec.structs.replace(result, key=key, submission_digest=key, exercises=exercises)


def test_everything_of_a_class_is_gathered(course: Course) -> None:
    report = gather(course, ASSIGNMENT)
    assert (
        report.summary()
        == "7 students: 2 graded, 4 waits for a person, 1 not handed in; 0 late, 1 pairs alike"
    )
    assert [(one.exercise, one.name, one.students) for one in report.beliefs] == [
        ("double", "rows", ("nil",)), ("square", "rows", ("nil",)),
    ]  # fmt: skip
    assert [(one.student, one.exercise, one.verdict) for one in report.looks] == [
        ("nil", "square", "timeout")
    ]
    assert report.notes == (("nil", "A cell was copied."),)
    assert report.without_result == ("new",)
    assert [lead.students for lead in report.leads] == [("ada", "zoe")]
    assert [(one.exercise, one.count) for one in report.exercises] == [
        ("double", 3),
        ("square", 3),
        ("written_why", 3),
    ]
    assert report.scores is not None and report.scores.count == 4 and sum(report.scores.final) == 2


def test_the_newest_result_of_a_submission_counts(course: Course) -> None:
    import os

    path = course.submission_folder("ada", ASSIGNMENT) / f"{NOTEBOOK}.ipynb"
    newer = result_of(path, wrong=True)
    store = ResultStore(course.results)
    again = msgspec.structs.replace(newer, key="ff" + newer.key[2:], seed=1)
    store.put(again)
    os.utime(store.path(again.key), (4e9, 4e9))
    (course.results / "00").mkdir(exist_ok=True)
    (course.results / "00" / "damaged.json").write_text('{"assignment": "toy"')
    assert stored_results(course.results, ASSIGNMENT)[newer.submission_digest].seed == 1
    assert stored_results(course.results, "other") == {}


def test_the_command_writes_page_and_code(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = ["report", ASSIGNMENT, "--course", str(course.root), "--leads-to", "code"]
    done = CliRunner().invoke(cli.app, asked)
    assert done.exit_code == 0, done.output
    html = (tmp_path / f"report-{ASSIGNMENT}.html").read_text()
    assert "slept for &lt;b&gt;60" in html and "Look at the axis." in html and "O&#34;Hara" in html
    assert sorted(path.name for path in (tmp_path / "code").iterdir()) == [
        "ada.py", "new.py", "nil.py", "skeleton", "zoe.py",
    ]  # fmt: skip
    assert WALK in (tmp_path / "code" / "ada.py").read_text()
    assert "raise NotImplementedError" in (tmp_path / "code" / "skeleton" / "skeleton.py").read_text()
    with pytest.raises(CourseError, match="not an empty folder"):
        run_report(course, ASSIGNMENT, tmp_path / "other.html", tmp_path / "code")
    assert not (tmp_path / "other.html").exists()
    with pytest.raises(CourseError, match="no assignment 'none'"):
        run_report(course, "none")
