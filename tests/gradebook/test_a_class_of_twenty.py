"""A day of an instructor's with a class of twenty, from Canvas's downloads to the file that Canvas takes back.

Each student has a fault of their own (`twenty`), and a hand grade that nobody else has, so that a score in another
student's row shows.
"""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from typer.testing import CliRunner

from autograder.cli import main as cli
from autograder.course import Course
from autograder.gradebook import configure
from autograder.gradebook.export import GRADED, NOT_HANDED_IN, WAITS
from bench.course import ASSIGNMENT, NOTEBOOK
from tests.gradebook.test_export import Table, read
from tests.gradebook.twenty import (
    ASKED,
    POINTS,
    SCHEME,
    WRITTEN,
    Student,
    canvas_download,
    canvas_gradebook,
    make_class_course,
    the_class,
)

ENTERED = {"una": "1.50", "jon": "2.00", "out": "0.50"}
"""Scores that stand in Canvas already, of students without a final one here."""


@dataclass(frozen=True)
class Day:
    """The course after each step, and what the commands said."""

    course: Course
    students: list[Student]
    collected: str
    rostered: str
    graded: str
    table: Table
    canvas: Path
    merged: bytes
    exported: str
    pages: dict[str, str]

    def named(self, login: str) -> Student:
        return next(student for student in self.students if student.login == login)


def command(course: Course, *arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli.app, [*arguments, "--course", str(course.root)])
    assert done.exit_code == code, done.output
    return done.output


def grade(course: Course, *students: str, code: int) -> str:
    """`autograder grade` in a process of its own, as a person starts it."""
    chosen = [part for student in students for part in ("--student", student)]
    done = subprocess.run(
        [sys.executable, "-m", "autograder", "grade", ASSIGNMENT, "--jobs", "1", *chosen],
        cwd=course.root,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def grade_by_hand(course: Course, students: list[Student]) -> None:
    """Points for the written answers, as a person gives them in formgrader."""
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        for student in students:
            cell = gradebook.find_grade(WRITTEN, NOTEBOOK, ASSIGNMENT, student.login)
            cell.manual_score, cell.needs_manual_grade = student.by_hand, False
        gradebook.db.commit()


def nbgrader(course: Course) -> NbGraderAPI:
    config = Config()
    configure(config, course.root)
    return NbGraderAPI(CourseDirectory(config=config), config=config)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    desk = tmp_path_factory.mktemp("desk")
    course = make_class_course(desk / "dl")
    made = nbgrader(course).generate_assignment(ASSIGNMENT)
    assert made["success"], made
    students = the_class(course)
    stranger = replace(students[0], login="stranger", name="Stranger, Eve", number=999)

    command(course, "roster", str(canvas_gradebook(desk / "first.csv", students, {})))
    download = canvas_download(desk / "submissions.zip", [*students, stranger])
    collected = command(course, "collect", ASSIGNMENT, str(download), "--from", "canvas", "--times", code=2)
    staying = [student for student in students if student.login != "mia"]
    canvas = canvas_gradebook(desk / "grades.csv", staying, ENTERED)
    rostered = command(course, "roster", str(canvas))

    graded = grade(course, code=2)
    grade_by_hand(course, [student for student in staying if student.raw is not None])
    command(course, "export", "--to", str(desk / "table.csv"))
    exported = command(
        course, "export", "--format", "canvas", "--into", str(canvas), "--assignment", ASSIGNMENT
    )
    report = nbgrader(course).generate_feedback(ASSIGNMENT)
    assert report["success"], report
    pages = {
        path.parent.parent.name: path.read_text()
        for path in course.feedback.glob(f"*/{ASSIGNMENT}/{NOTEBOOK}.html")
    }
    merged = (desk / f"grades-{ASSIGNMENT}.csv").read_bytes()
    return Day(
        course,
        students,
        collected,
        rostered,
        graded,
        read(desk / "table.csv"),
        canvas,
        merged,
        exported,
        pages,
    )


def in_canvas(document: bytes) -> dict[str, dict[str, str]]:
    rows = csv.DictReader(io.StringIO(document.decode("utf-8-sig"), newline=""))
    return {row["ID"]: dict(row) for row in rows if row["ID"]}


def test_everybodys_work_is_collected_and_a_stranger_is_named(day: Day) -> None:
    first, late, *problems = day.collected.splitlines()
    assert first == f"{ASSIGNMENT}: 19 taken, 0 replaced, 0 as they were"
    assert late == "Canvas marks as late: kim, lee"
    assert len(problems) == 1 and "strangereve (canvas 999): nobody on the roster" in problems[0]
    assert "dropped, hidden from lists, nothing deleted: mia (M. Mia)" in day.rostered
    handed_in = {student.login for student in day.students if student.files}
    assert set(day.course.students(ASSIGNMENT)) == handed_in, "both forms of one name, and who has dropped"


def test_each_row_of_canvas(day: Day) -> None:
    before, after = in_canvas(day.canvas.read_bytes()), in_canvas(day.merged)
    column = f"{ASSIGNMENT} (77)"
    expected = {
        str(student.number): ENTERED.get(student.login, "")
        if student.final is None
        else f"{student.final:.4f}".rstrip("0").rstrip(".")
        for student in day.students
        if student.login != "mia"
    }
    assert {number: row[column] for number, row in after.items()} == expected | {"199": ""}
    scores = [score for score in expected.values() if score not in ENTERED.values() and score]
    assert len(scores) == len(set(scores)) == 15, "no score could stand in another's row unseen"
    for row in (*before.values(), *after.values()):
        row.pop(column)
    assert before == after, "every other cell stays, the names that look like formulas too"
    assert "15 scores" in day.exported and "no final score is there: ivy, jon, out, una" in day.exported


def test_each_row_of_the_table(day: Day) -> None:
    assert set(day.table) == {student.login for student in day.students} - {"mia"}
    for student in day.students:
        if student.login == "mia":
            continue
        row = day.table[student.login]
        status = NOT_HANDED_IN if not student.files else GRADED if student.raw is not None else WAITS
        assert (row["status"], row["max_score"]) == (status, "25.0"), student.login
        for column, value in (("raw_score", student.raw), ("score", student.final)):
            assert row[column] == "" if value is None else float(row[column]) == pytest.approx(value), student
        assert row["days_late"] == (str(student.days) if student.days else ""), student.login
        assert student.waits in row["why"] and row["lms_user_id"] == str(student.number)
    assert day.table["una"]["why"] == f"{WRITTEN}: to be graded by hand"
    assert (day.table["una"]["score_so_far"], day.table["una"]["score"]) == ("20.0", "")
    assert day.table["nil"]["score"] == "0.0", "a real zero"
    pat = day.table["pat"]
    assert (pat["last_name"], pat["first_name"]) == ("'=HYPERLINK(1)", "'+Pat")
    assert (pat["softmax"], pat["fit_line"]) == ("4.0", "0.0"), "who exits loses that exercise alone"


def test_whom_nobody_could_grade_is_named_with_the_reason(day: Day) -> None:
    for student in day.students:
        lines = [line for line in day.graded.splitlines() if line.startswith(f"{student.login}: ")]
        if student.waits or student.note:
            assert any((student.waits or student.note) in line for line in lines), (student, lines)
        else:
            assert not lines, student
    assert "mia" not in day.graded


def test_each_students_feedback(day: Day) -> None:
    assert set(day.pages) == {student.login for student in day.students if student.files} - {"mia"}
    for login, page in day.pages.items():
        student = day.named(login)
        assert SCHEME not in page and "assert_close" not in page
        assert page.rstrip().endswith("</html>") and student.waits in page
        if student.note:
            assert student.note.strip("`") in page, login
        if student.final is not None:
            assert f"{student.final:g} of 25 points" in page, login
        written = [] if login in ("ivy", "jon", "nil") else [f"No power is large: {login} says so."]
        assert re.findall(r"No power is large: .*? says so\.", page) == written, (
            "each page has its student's answer"
        )
    assert "2 days late" in day.pages["kim"] and "late" not in day.pages["lee"].split("</header>")[0]
    assert "This is not a zero" in day.pages["jon"]


def test_the_day_ends_with_everybody_final(day: Day, tmp_path: Path) -> None:
    """A notebook is chosen, one comes again, the last answer is read: then `--only-final` has no objection."""
    course = day.course
    target = tmp_path / "final.csv"
    refused = command(course, "export", "--only-final", "--to", str(target), code=1)
    assert "3 of 19 grades are not final" in refused and not target.exists()

    folder = course.submission_folder("ivy", ASSIGNMENT)
    (folder / "one.ipynb").rename(folder / ASKED)
    again = replace(
        day.named("jon"), files={ASKED: dict(day.named("ada").files)[ASKED]}, waits="", by_hand=4.5
    )
    download = canvas_download(tmp_path / "second.zip", [again])
    said = command(course, "collect", ASSIGNMENT, str(download), "--from", "canvas", "--times", "--update")
    assert said.startswith(f"{ASSIGNMENT}: 0 taken, 1 replaced")
    assert list((course.submitted / ".replaced" / "jon").rglob(ASKED)), "what came first is kept"
    grade(course, "ivy", "jon", code=0)
    ivy = replace(day.named("ivy"), waits="")
    una = replace(day.named("una"), by_hand=4.75)
    grade_by_hand(course, [ivy, again, una])

    command(course, "export", "--only-final", "--to", str(target))
    table = read(target)
    for student in (ivy, again, una):
        assert float(table[student.login]["score"]) == student.final, student.login
    for login, row in day.table.items():
        if login not in ("ivy", "jon", "una"):
            assert table[login] == row, "nobody else's grade moved"


def test_the_points_are_the_notebooks(day: Day) -> None:
    with Gradebook(f"sqlite:///{day.course.gradebook}") as gradebook:
        cells = gradebook.find_notebook(NOTEBOOK, ASSIGNMENT).grade_cells
        assert {cell.name: cell.max_score for cell in cells} == POINTS
