"""The exported table tells a zero from a score that is still to come."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook, Student, SubmittedAssignment
from sqlalchemy import event

from autograder.classroom.grade_class import _row
from autograder.cli.export import run_export
from autograder.course import Course, CourseError
from autograder.gradebook.export import GRADED, NOT_HANDED_IN, WAITS, lines_of
from autograder.gradebook.record import Recorder
from tests.gradebook.conftest import ASSIGNMENT, by_hand

Table = dict[str, dict[str, str]]


def read(path: Path) -> Table:
    with open(path, newline="") as stream:
        return {row["student_id"]: row for row in csv.DictReader(stream)}


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


def test_each_exercise_has_its_score_in_the_notebooks_order(entered: Course, tmp_path: Path) -> None:
    run_export(entered, tmp_path / "grades.csv", assignments=[], students=[])
    table = read(tmp_path / "grades.csv")
    assert list(table["ada"])[-3:] == ["double", "square", "written_why"]
    scores = {student: [row[name] for name in list(row)[-3:]] for student, row in table.items()}
    assert scores["ada"] == ["4.0", "3.0", "5.0"] and scores["nil"] == ["0.0", "0.0", "0.0"]
    assert scores["zoe"] == ["4.0", "6.0", ""]
    assert scores["kim"] == ["", "", "0.0"], "a question left as it was is nobody's to read"
    assert scores["eve"] == scores["new"] == scores["out"] == ["", "", ""]


def test_extra_credit_counts_alike_in_the_table_and_in_grade(entered: Course, tmp_path: Path) -> None:
    by_hand(entered, "ada", extra={"double": 1.5}, written_why=5.0)
    by_hand(entered, "zoe", extra={"written_why": 2.0})
    run_export(entered, tmp_path / "grades.csv", assignments=[], students=[])
    table = read(tmp_path / "grades.csv")
    assert (table["ada"]["double"], table["ada"]["extra_credit"], table["ada"]["score"]) == (
        "5.5",
        "1.5",
        "13.5",
    )
    assert table["zoe"]["score_so_far"] == "10.0", "extra credit counts once the cell has a score"
    recorder = Recorder(entered)
    for student in ("ada", "zoe"):
        row = _row(student, recorder.grades(ASSIGNMENT, student), "")
        assert row.score == float(table[student]["score_so_far"])
    with Gradebook(recorder.db_url) as gradebook:
        assert gradebook.find_submission(ASSIGNMENT, "ada").score == 13.5, "as nbgrader counts it"


def test_ids_of_the_platform_are_written_as_they_are(entered: Course, tmp_path: Path) -> None:
    """A mark before the text would make another id of it; names and everything else get the mark."""
    with Gradebook(Recorder(entered).db_url) as gradebook:
        gradebook.update_or_create_student("out", lms_user_id="+4904", first_name="\t=cmd", email="@sum")
    run_export(entered, tmp_path / "grades.csv", assignments=[], students=["out"])
    (row,) = read(tmp_path / "grades.csv").values()
    assert (row["lms_user_id"], row["first_name"], row["email"]) == ("+4904", "'\t=cmd", "'@sum")


def test_a_class_of_a_thousand_takes_a_handful_of_statements(entered: Course) -> None:
    statements: list[str] = []
    with Gradebook(Recorder(entered).db_url) as gradebook:
        toy = gradebook.find_assignment(ASSIGNMENT)
        for number in range(20):
            student = Student(id=f"s{number}")
            gradebook.db.add(SubmittedAssignment(assignment=toy, student=student))
        gradebook.db.commit()
        listen = event.listens_for(gradebook.engine, "before_cursor_execute")
        listen(lambda *args: statements.append(args[2]))
        lines = list(lines_of(entered, gradebook, [], []))
    assert len(lines) == 27 and len(statements) < 20, len(statements)
