"""The exported table tells a zero from a score that is still to come."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.cli.export import run_export
from autograder.course import Course, CourseError
from autograder.gradebook.export import GRADED, NOT_HANDED_IN, WAITS
from autograder.gradebook.record import Recorder
from autograder.grading.result import Result, Verdict
from tests.gradebook.conftest import ASSIGNMENT, NOTEBOOK, Submit, make_result

Table = dict[str, dict[str, str]]


def by_hand(course: Course, student: str, **scores: float) -> None:
    with Gradebook(Recorder(course).db_url) as gradebook:
        for name, score in scores.items():
            grade = gradebook.find_grade(name, NOTEBOOK, ASSIGNMENT, student)
            grade.manual_score, grade.needs_manual_grade = score, False
        gradebook.db.commit()


def read(path: Path) -> Table:
    with open(path, newline="") as stream:
        return {row["student_id"]: row for row in csv.DictReader(stream)}


@pytest.fixture
def graded(course: Course, submit: Submit, results: dict[str, Result | Exception]) -> Course:
    """One final grade, a real zero, an unread answer, a fault of the grader, a renamed notebook, one not graded, one
    not handed in."""
    recorder = Recorder(course)
    edit = {"zoe": lambda nb: nb.cells[-1].update(source="Because."), "kim": None}
    for student in ("ada", "nil", "zoe", "kim"):
        submit(student, edit.get(student))
    results |= {
        "ada": make_result(double=1.0, square=0.5),
        "nil": make_result(double=0.0, square=0.0),
        "zoe": make_result(double=1.0, square=1.0),
        "kim": make_result(Verdict.NOT_GRADABLE, ("The jail was lost.",)),
    }
    for student in ("ada", "nil", "zoe", "kim"):
        assert recorder.record(ASSIGNMENT, student) is None
    by_hand(course, "ada", written_why=5.0)
    by_hand(course, "nil", written_why=0.0)
    path = submit("eve")
    path.rename(path.with_name("Untitled1.ipynb"))
    recorder.queue(ASSIGNMENT, "eve", "it holds Untitled1.ipynb")
    submit("new")
    with Gradebook(recorder.db_url) as gradebook:
        gradebook.add_student("out", first_name="=1+1", last_name='O"Hara, Ada')
    return course


def test_only_what_is_final_has_a_score(graded: Course, tmp_path: Path) -> None:
    export = run_export(graded, tmp_path / "grades.csv", assignments=[], students=[])
    table = read(tmp_path / "grades.csv")
    assert {student: row["score"] for student, row in table.items()} == {
        "ada": "12.0", "nil": "0.0", "zoe": "", "kim": "", "eve": "", "new": "", "out": "",
    }  # fmt: skip
    assert {student: row["status"] for student, row in table.items()} == {
        "ada": GRADED, "nil": GRADED, "zoe": WAITS, "kim": WAITS, "eve": WAITS, "new": WAITS, "out": NOT_HANDED_IN,
    }  # fmt: skip
    assert export.summary() == "7 grades: 2 graded, 4 waits for a person, 1 not handed in"
    assert table["zoe"]["score_so_far"] == "10.0" and table["eve"]["score_so_far"] == ""
    assert {row["max_score"] for row in table.values()} == {"15.0"}


def test_what_waits_says_for_what(graded: Course, tmp_path: Path) -> None:
    run_export(graded, tmp_path / "grades.csv", assignments=[], students=[])
    why = {student: row["why"] for student, row in read(tmp_path / "grades.csv").items()}
    assert why["zoe"] == "written_why: to be graded by hand"
    assert "double, square: The jail was lost." in why["kim"]
    assert "double, square: it holds Untitled1.ipynb" in why["eve"]
    assert f"autograder grade {ASSIGNMENT}" in why["new"]
    assert why["ada"] == why["nil"] == why["out"] == ""


def test_names_are_text_to_a_spreadsheet(graded: Course, tmp_path: Path) -> None:
    run_export(graded, tmp_path / "grades.csv", assignments=[], students=["out"])
    (row,) = read(tmp_path / "grades.csv").values()
    assert row["first_name"] == "'=1+1" and row["last_name"] == 'O"Hara, Ada'


def test_only_final_refuses_while_some_wait(graded: Course, tmp_path: Path) -> None:
    to = tmp_path / "grades.csv"
    with pytest.raises(CourseError, match=r"4 of 7 grades are not final: eve \(toy\), kim \(toy\)"):
        run_export(graded, to, assignments=[], students=[], only_final=True)
    assert not to.exists()
    run_export(graded, to, assignments=[], students=["ada", "nil", "out"], only_final=True)
    assert len(read(to)) == 3


@pytest.mark.parametrize(("assignments", "students"), [(["ch99"], []), ([], ["nobody"])])
def test_a_name_that_is_not_there_is_an_error(
    graded: Course, tmp_path: Path, assignments: list[str], students: list[str]
) -> None:
    with pytest.raises(CourseError, match="in the gradebook"):
        run_export(graded, tmp_path / "grades.csv", assignments=assignments, students=students)


def test_nbgrader_exports_the_same_table(graded: Course, tmp_path: Path) -> None:
    run_export(graded, tmp_path / "ours.csv", assignments=[], students=[])
    command = [sys.executable, "-m", "nbgrader", "export", "--to", str(tmp_path / "theirs.csv")]
    done = subprocess.run(command, cwd=graded.root, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "theirs.csv").read_text() == (tmp_path / "ours.csv").read_text()
    assert "2 graded, 4 waits for a person" in done.stderr
