"""Class lists of Canvas, of Moodle and plain ones: who is who, and who has dropped."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course import Course, CourseError
from autograder.course.roster import (
    FILE,
    Member,
    dropped_students,
    merged,
    read_class_list,
    read_roster,
    write_roster,
)

FILES = Path(__file__).parents[1] / "gradebook" / "platforms"


def read(name: str, known: tuple[str, ...] = (), column: str = "") -> dict[str, Member]:
    return {one.id: one for one in read_class_list((FILES / name).read_bytes(), name, known, column).members}


def test_canvas_gives_names_logins_and_its_own_ids() -> None:
    members = read("canvas_class.csv")
    assert members["zoe@uni.example"] == Member(
        "zoe@uni.example", "O'Hara", "Zoë", "zoe@uni.example", lms_user_id="102"
    )
    assert len(members) == 3, "neither the row of points nor Canvas's test student"
    assert "test student" in read_class_list((FILES / "canvas_class.csv").read_bytes(), "x").notes[0]


def test_the_column_that_names_those_who_handed_in_is_taken() -> None:
    assert set(read("canvas_class.csv", known=("S-1", "S-3"))) == {"S-1", "S-2", "S-3"}
    assert set(read("canvas_class.csv", column="ID")) == {"101", "102", "103"}
    assert {one.lms_user_id for one in read("canvas_class.csv", column="ID").values()} == {
        "101",
        "102",
        "103",
    }


def test_moodle_gives_names_emails_and_numbers() -> None:
    members = read("moodle_participants.csv")
    assert members["ada@uni.example"] == Member("ada@uni.example", "Lovelace", "Ada", "ada@uni.example")
    worksheet = read("moodle_worksheet.csv", column="Identifier")
    assert worksheet["Participant 902"].name == "Zoë O'Hara"
    assert worksheet["Participant 902"].lms_user_id == "+4902"


@pytest.mark.parametrize(
    "text",
    [
        "student_id,last_name,first_name,email,lms_user_id\nada,Lovelace,Ada,a@x,7\n",
        "Username;Name;E-mail;LMS ID\r\nada;Ada Lovelace;a@x;7\r\n",
        '\N{ZERO WIDTH NO-BREAK SPACE}ID\tName\tEmail\tlms id\nada\t"Lovelace, Ada"\ta@x\t7\n\n',
    ],
)
def test_plain_lists(text: str) -> None:
    assert read_class_list(text.encode(), "class.csv").members == (
        Member("ada", "Lovelace", "Ada", "a@x", "7"),
    )


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("shoe,size\n1,2\n", "", "no column that tells the students' ids.*shoe, size"),
        ("id,name\nada,Ada\n", "login", "no column 'login'"),
        ("id,name\n", "", "names no student"),
        ("id,name\nada,Ada\n,Bo\n", "", "row 3: the column 'id' is empty"),
        ("id,name\nada,Ada\nbo,Bo\nada,Eve\n", "", "rows 2 and 4 both have 'id' 'ada'"),
        ("id,name\n=1+1,Ada\n", "", "row 2: '=1.1' cannot be a student's id"),
    ],
)
def test_a_list_that_cannot_be_used_is_named(text: str, column: str, says: str) -> None:
    with pytest.raises(CourseError, match=says):
        read_class_list(text.encode(), "class.csv", column=column)


def test_who_is_missing_has_dropped_and_comes_back() -> None:
    first = (Member("ada", "Lovelace", "Ada", "a@x", "7"), Member("bo", "B"))
    second = merged(first, (Member("ada", "Lovelace", "A."), Member("eve")))
    assert second == (
        Member("ada", "Lovelace", "A.", "a@x", "7"),
        Member("eve"),
        Member("bo", "B", dropped=True),
    )
    third = merged(second, (Member("bo"), Member("ada")))
    assert third == (
        Member("bo", "B"),
        Member("ada", "Lovelace", "A.", "a@x", "7"),
        Member("eve", dropped=True),
    )


def test_the_roster_is_kept_as_text(tmp_path: Path) -> None:
    course = Course(tmp_path)
    assert read_roster(course) == () and dropped_students(course) == frozenset()
    members = (Member("ada", 'O"Hara', "Zoë, A.", "a@x", "+7"), Member("bo", dropped=True))
    assert write_roster(course, members) == tmp_path.resolve() / FILE
    assert read_roster(course) == members and dropped_students(course) == {"bo"}
    assert [path.name for path in tmp_path.iterdir()] == [FILE], "no temporary file is left"
    (tmp_path / FILE).write_text("id,name\nada,Ada\n")
    with pytest.raises(CourseError, match="lacks the column 'student_id'"):
        read_roster(course)
