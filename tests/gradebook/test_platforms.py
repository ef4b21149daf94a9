"""Scores go into the files of Canvas, Moodle and Gradescope; all that is not a final score stays as it was.

The files in ``platforms/`` are written by hand in the forms that the platforms document.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from typer.testing import CliRunner

from autograder.cli import main as cli
from autograder.course import Course, CourseError
from autograder.gradebook.export import GRADED, NOT_HANDED_IN, WAITS, Line
from autograder.gradebook.platforms import canvas, gradescope, moodle_import, moodle_worksheet
from autograder.gradebook.record import Recorder

FILES = Path(__file__).parent / "platforms"
CANVAS = (FILES / "canvas.csv").read_bytes()
SEMICOLONS = (FILES / "canvas_semicolons.csv").read_bytes()
WORKSHEET = (FILES / "moodle_worksheet.csv").read_bytes()


def line(student: str, score: float | None = None, status: str = GRADED, **more: object) -> Line:
    values = {"assignment": "toy", "student_id": student, "max_score": 15.0, "status": status, "score": score}
    penalty = {"late_submission_penalty": 0.0 if score is not None else None}
    return Line({**values, **penalty, **more}, {"double": 4.0, "square": 3.0} if score is not None else {})


LINES = [
    line("ada", 12.0, lms_user_id="101", email="ada@uni.example"),
    line("nil", 0.0),
    line("zoe", None, WAITS, email="zoe@uni.example", lms_user_id="102"),
    line("out", None, NOT_HANDED_IN, lms_user_id="104", email="out@uni.example"),
    line("gone", 3.25, lms_user_id="999"),
]


def changed(before: bytes, after: bytes) -> list[str]:
    """The lines that differ, as they are afterwards."""
    told = difflib.ndiff(before.decode().splitlines(True), after.decode().splitlines(True))
    return [text[2:] for text in told if text.startswith("+ ")]


def test_canvas_gets_final_scores_and_keeps_every_other_byte() -> None:
    merged = canvas(CANVAS, LINES, column="toy lines")
    assert changed(CANVAS, merged.document) == [
        '"Lovelace, Ada",101,S-1,ada,Deep Learning,7.50,12,2.00,75.0,75.0,75.0\r\n',
        '"=1+1, Nil",103,S-3,nil,"Deep Learning, A",,0,,,,\r\n',
    ]
    assert merged.document.startswith(b"\xef\xbb\xbfStudent,ID,")
    assert merged.filled == ("ada", "nil") and merged.kept == ("zoe", "out") and merged.absent == ("gone",)
    assert "toy lines (5552)" in merged.summary() and "gone" in merged.summary()


def test_canvas_imports_what_was_merged() -> None:
    """As its importer does: columns by their number, students by ID."""
    merged = canvas(CANVAS, LINES, column="toy lines (5552)").document.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(merged)))
    scores = {row["ID"]: row["toy lines (5552)"] for row in rows if row["ID"]}
    assert scores == {"101": "12", "102": "3.00", "103": "0", "104": "1.50", "105": "2.00", "106": ""}


def test_semicolons_and_decimal_commas_stay() -> None:
    merged = canvas(SEMICOLONS, [line("ada", 12.5), line("nil", 0.0)])
    assert changed(SEMICOLONS, merged.document) == [
        '"Lovelace, Ada";101;;ada;A;12,5\n',
        '"Nil";103;;nil;A;"0"\n',
    ]


def test_points_of_canvas_that_differ_are_named_or_converted() -> None:
    with pytest.raises(CourseError, match=r"3 points for 'toy warm-up \(5553\)', the gradebook 15.*--scale"):
        canvas(CANVAS, LINES, column="toy warm-up")
    merged = canvas(CANVAS, LINES, column="toy warm-up", scale=True)
    assert ",,2.4,75.0" in changed(CANVAS, merged.document)[0]


@pytest.mark.parametrize(
    ("document", "column", "says"),
    [
        (CANVAS, "", r"more than one column .* 'toy'.*--column \(there: 'toy lines \(5552\)', 'toy warm-up"),
        (CANVAS, "ch99", r"no column .* 'ch99'.*'ch04 quiz \(5551\)'"),
        (WORKSHEET, "", "begins with Student and ID"),
        (SEMICOLONS.replace(b"15,00", b"(read only)"), "", "does not import"),
        (SEMICOLONS.replace(b'"Nil";103', b'"Nil";101'), "", "rows 3, 4 .* 'ada'.*roster"),
    ],
)
def test_what_does_not_fit_canvas_is_named(document: bytes, column: str, says: str) -> None:
    with pytest.raises(CourseError, match=says):
        canvas(document, LINES, column=column)


def test_two_students_on_one_row_are_named() -> None:
    with pytest.raises(CourseError, match="row 3 .*'ada' and 'lovelace'"):
        canvas(SEMICOLONS, [line("ada", 1.0), line("lovelace", 2.0, lms_user_id="101")])


def test_a_moodle_worksheet_gets_final_scores_and_keeps_every_other_byte() -> None:
    merged = moodle_worksheet(WORKSHEET, LINES)
    told = changed(WORKSHEET, merged.document)
    assert len(told) == 2
    assert ',ADA@uni.example,"Submitted for grading - ",12,15.00,' in told[0]
    assert 'Nil,nil,,"Submitted for grading - ",0,15.00,' in told[1]
    assert merged.kept == ("zoe", "out") and merged.absent == ("gone",)


def test_moodle_worksheet_faults() -> None:
    with pytest.raises(CourseError, match="Identifier and Grade"):
        moodle_worksheet(CANVAS, LINES)
    with pytest.raises(CourseError, match="--scale"):
        moodle_worksheet(WORKSHEET.replace(b"15.00", b"100.00"), LINES)
    assert (
        b",80,100.00" in moodle_worksheet(WORKSHEET.replace(b"15.00", b"100.00"), LINES, scale=True).document
    )


def test_moodle_imports_final_scores_alone_and_ids_as_they_are() -> None:
    lines = [*LINES, line("plus", 1.0, lms_user_id="+49", first_name="=1+1", last_name="@x", email="p@x")]
    rows = list(csv.DictReader(io.StringIO(moodle_import(lines))))
    assert [(row["Username"], row["toy"]) for row in rows] == [
        ("ada", "12"), ("nil", "0"), ("gone", "3.25"), ("plus", "1"),
    ]  # fmt: skip
    plus = rows[-1]
    assert (plus["ID number"], plus["First name"], plus["Last name"]) == ("+49", "'=1+1", "'@x")


def test_gradescope_reads_points_and_texts() -> None:
    document = gradescope(
        line("ada", 6.5, late_submission_penalty=0.5),
        {"double": 4.0, "square": 6.0},
        {"square": "\x1b[31mno\x1b[0m"},
    )
    assert document["score"] == 6.5 and "0.5 points less" in document["output"]
    double, square = document["tests"]
    assert (double["score"], double["max_score"], double["status"]) == (4.0, 4.0, "passed")
    assert (square["score"], square["status"], square["output_format"]) == (3.0, "failed", "ansi")
    assert square["output"] == "\x1b[31mno\x1b[0m"
    with pytest.raises(ValueError, match="no final score"):
        gradescope(LINES[2], {}, {})


def run(course: Course, *arguments: str) -> str:
    result = CliRunner().invoke(cli.app, ["export", "--course", str(course.root), *arguments])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_the_command_writes_beside_the_file_of_canvas(entered: Course, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_bytes(CANVAS)
    with Gradebook(Recorder(entered).db_url) as gradebook:
        gradebook.update_or_create_student("ada", lms_user_id="101")
        gradebook.update_or_create_student("zoe", email="zoe@uni.example")
    said = run(entered, "--format", "canvas", "--into", str(file), "--column", "toy lines")
    assert "2 scores in column 'toy lines (5552)'" in said and "no final score is there: out, zoe" in said
    assert file.read_bytes() == CANVAS
    assert changed(CANVAS, (tmp_path / "export-toy.csv").read_bytes())[0].startswith(
        '"Lovelace, Ada",101,S-1,ada,'
    )


def test_the_command_writes_a_folder_for_gradescope(graded: Course, tmp_path: Path) -> None:
    said = run(graded, "--format", "gradescope", "--to", str(tmp_path / "gs"))
    assert sorted(path.parent.name for path in (tmp_path / "gs").glob("*/results.json")) == ["ada", "nil"]
    assert "none for eve, kim, new, zoe, who wait" in said
    document = json.loads((tmp_path / "gs" / "ada" / "results.json").read_text())
    assert document["score"] == 12.0 and sum(test["score"] for test in document["tests"]) == 12.0
    assert "square is right." in document["tests"][1]["output"]


def test_the_command_writes_a_table_for_moodle(entered: Course, tmp_path: Path) -> None:
    run(entered, "--format", "moodle", "--to", str(tmp_path / "m.csv"))
    rows = list(csv.DictReader(io.StringIO((tmp_path / "m.csv").read_text())))
    assert {row["Username"]: row["toy"] for row in rows} == {"ada": "12", "nil": "0"}


def test_the_command_says_what_to_do(
    entered: Course, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said: list[str] = []
    monkeypatch.setattr(cli, "fail", said.append)
    monkeypatch.chdir(tmp_path)
    for arguments, says in (
        (["--format", "blackboard"], "csv, canvas, moodle, gradescope"),
        (["--format", "canvas"], "--into"),
        (["--column", "x"], "--format canvas"),
        (["--format", "moodle", "--only-final", "--to", "m.csv"], "not final"),
    ):
        CliRunner().invoke(cli.app, ["export", "--course", str(entered.root), *arguments])
        assert says in said.pop()
    assert not list(tmp_path.glob("*.csv"))
