"""`autograder roster` enters the class, and hides who has dropped without losing anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.cli.export import run_export
from autograder.cli.roster import run_roster
from autograder.course import Course, CourseError
from autograder.gradebook.record import Recorder
from tests.gradebook.conftest import ASSIGNMENT
from tests.gradebook.test_export import read

FULL = "id,name,email,lms_user_id\nada,Ada Lovelace,a@x,7\nnil,Nil N,n@x,8\nzoe,Zoë Z,z@x,9\nkim,Kim,k@x,10\nnew,N,,\n"


def test_a_class_is_entered_and_who_drops_is_hidden_and_kept(entered: Course, tmp_path: Path) -> None:
    file = tmp_path / "class.csv"
    file.write_text(FULL)
    said = " ".join(run_roster(entered, file))
    assert "5 students from a plain list, known by 'id'" in said
    assert "handed in and not on the list: eve" in said and "dropped" not in said
    to = tmp_path / "grades.csv"
    run_export(entered, to, assignments=[], students=[])
    table = read(to)
    assert (table["ada"]["first_name"], table["ada"]["last_name"], table["ada"]["lms_user_id"]) == (
        "Ada", "Lovelace", "7",
    )  # fmt: skip

    file.write_text(FULL.replace("nil,Nil N,n@x,8\n", ""))
    assert "dropped, hidden from lists, nothing deleted: nil (Nil N)" in " ".join(run_roster(entered, file))
    run_export(entered, to, assignments=[], students=[])
    assert set(read(to)) == {"ada", "zoe", "kim", "new", "eve", "out"}
    run_export(entered, to, assignments=[], students=["nil"])
    assert read(to)["nil"]["score"] == "0.0", "one who is named is shown"
    assert entered.select(ASSIGNMENT) == ["ada", "eve", "kim", "new", "zoe"]
    assert entered.select(ASSIGNMENT, ("nil",)) == ["nil"]
    assert entered.submission_folder("nil", ASSIGNMENT).is_dir()
    with Gradebook(Recorder(entered).db_url) as gradebook:
        assert gradebook.find_submission(ASSIGNMENT, "nil").student.first_name == "Nil"

    file.write_text(FULL)
    assert "back in the class: nil (Nil N)" in " ".join(run_roster(entered, file))
    run_export(entered, to, assignments=[], students=[])
    assert "nil" in read(to)


def test_a_name_in_another_form_is_told_with_both_forms(entered: Course, tmp_path: Path) -> None:
    entered.submission_folder("Jose\u0301", ASSIGNMENT).mkdir(parents=True)  # as macOS unpacks an archive
    file = tmp_path / "class.csv"
    file.write_text(FULL + "Jos\u00e9,J,,\n", encoding="utf-8")
    said = run_roster(entered, file)
    (line,) = [line for line in said if "decomposed" in line]
    assert line.startswith("handed in as Jose\u0301 [decomposed], and on the list as Jos\u00e9 [composed]: rename")
    assert not any("handed in and not on the list" in line and "Jose" in line for line in said)


def test_a_folder_that_is_not_a_course_gets_nothing(tmp_path: Path) -> None:
    file = tmp_path / "class.csv"
    file.write_text(FULL)
    with pytest.raises(CourseError, match="is not a course"):
        run_roster(Course(tmp_path), file)
    assert [path.name for path in tmp_path.iterdir()] == ["class.csv"]
