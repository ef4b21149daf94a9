"""Lateness costs what deadlines.toml says: in nbgrader's gradebook, in the table, and in words for the student."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI

from autograder.cli.export import Format, Platform, run_export, run_platform_export
from autograder.course import Course, CourseError
from autograder.course.deadlines import FILE
from autograder.gradebook.export import lines_of
from autograder.gradebook.record import Recorder
from autograder.grading.result import Result
from tests.gradebook.conftest import ASSIGNMENT, NOTEBOOK, Submit, by_hand, make_result

Results = dict[str, Result | Exception]

RULES = f"""
timezone = "Europe/Berlin"
grace_minutes = 15
percent_per_day = 10
percent_cap = 35
[{ASSIGNMENT}]
due = 2026-11-20 23:59:00
[{ASSIGNMENT}.extensions]
ext = 2026-11-24 23:59:00
"""
HANDED_IN = {
    "ada": "2026-11-20 22:00:00 UTC",  # in time
    "gra": "2026-11-20 23:13:00 UTC",  # inside the grace
    "bob": "2026-11-22 23:00:00 UTC",  # 3 days begun
    "ext": "2026-11-24 23:15:00 UTC",  # a minute after the grace of an extension
    "old": "2027-02-01 00:00:00 UTC",  # the cap
}


def hand_in(course: Course, submit: Submit, student: str, when: str) -> None:
    submit(student, lambda notebook: notebook.cells[-1].update(source="Because."))
    (course.submission_folder(student, ASSIGNMENT) / "timestamp.txt").write_text(when)


@pytest.fixture
def late_class(course: Course, submit: Submit) -> Course:
    (course.root / FILE).write_text(RULES)
    recorder = Recorder(course)
    for student, when in HANDED_IN.items():
        hand_in(course, submit, student, when)
        outcome = make_result(double=1.0, square=1.0)
        assert recorder.record(ASSIGNMENT, student, outcome) is None
        by_hand(course, student, written_why=0.0 if student == "ext" else 5.0)
    return course


def table(course: Course, to: Path) -> dict[str, dict[str, str]]:
    run_export(course, to, assignments=[], students=[])
    with open(to, newline="") as stream:
        return {row["student_id"]: row for row in csv.DictReader(stream)}


def test_lateness_in_gradebook_table_platform_and_feedback(
    late_class: Course, tmp_path: Path, api: NbGraderAPI
) -> None:
    """One class, all places: nbgrader's own fields, the table, Moodle's file, Gradescope's, each student's page."""
    with Gradebook(Recorder(late_class).db_url) as gradebook:
        assignment = gradebook.find_assignment(ASSIGNMENT)
        assert assignment.duedate == datetime(2026, 11, 20, 22, 59), "in UTC, as nbgrader has it"
        entries = {entry.student_id: entry for entry in assignment.submissions}
        assert entries["ext"].extension == timedelta(days=4) and entries["bob"].extension is None
        stored = {name: entry.late_submission_penalty for name, entry in entries.items()}
    assert stored == {"ada": 0, "gra": 0, "bob": 3.0, "ext": 1.0, "old": 3.5}, "of the 10 points graded then"

    rows = table(late_class, tmp_path / "grades.csv")
    shown = {
        name: (row["raw_score"], row["late_submission_penalty"], row["score"], row["days_late"])
        for name, row in rows.items()
    }
    assert shown == {
        "ada": ("15.0", "0.0", "15.0", ""),
        "gra": ("15.0", "0.0", "15.0", ""),
        "bob": ("15.0", "4.5", "10.5", "3"),
        "ext": ("10.0", "1.0", "9.0", "1"),
        "old": ("15.0", "5.25", "9.75", "73"),
    }, "hand grades count, though they came after nbgrader had stored a penalty"
    assert rows["ext"]["duedate"] == "2026-11-24 22:59:00"

    chosen: dict[str, Any] = {"assignments": [ASSIGNMENT], "students": []}
    run_platform_export(late_class, tmp_path / "moodle.csv", Platform(Format.MOODLE), **chosen)
    with open(tmp_path / "moodle.csv", newline="") as stream:
        scores = {row["Username"]: row[ASSIGNMENT] for row in csv.DictReader(stream)}
    assert scores == {"ada": "15", "gra": "15", "bob": "10.5", "ext": "9", "old": "9.75"}
    run_platform_export(late_class, tmp_path / "gs", Platform(Format.GRADESCOPE), **chosen)
    assert '"score": 10.5' in (tmp_path / "gs" / "bob" / "results.json").read_text()

    report = api.generate_feedback(ASSIGNMENT, force=True)
    assert report["success"], report
    pages = {
        name: (late_class.feedback / name / ASSIGNMENT / f"{NOTEBOOK}.html").read_text() for name in HANDED_IN
    }
    assert "10.5 of 15 points" in pages["bob"]
    assert (
        "handed in 2026-11-23 00:00 CET, 3 days late (due 2026-11-20 23:59 CET): 4.5 points less; "
        "each day begun costs 10% of the points earned, 35% at most" in pages["bob"]
    )
    assert "(due 2026-11-24 23:59 CET, extended for you): 1 points less" in pages["ext"]
    assert "late" not in pages["ada"].split("</ol>")[0].split("<ol>")[1]
    assert "15 of 15 points" in pages["gra"]


@pytest.mark.parametrize("way", ["command", "formgrader"])
def test_nbgraders_own_ways_assign_the_same_penalty(course: Course, submit: Submit, way: str) -> None:
    """`nbgrader autograde` in a process of its own, and the call behind formgrader's button."""
    (course.root / FILE).write_text(RULES)
    hand_in(course, submit, "bob", HANDED_IN["bob"])
    by_the_jail = """
from autograder.gradebook import JailedGrade
from tests.gradebook.conftest import make_result
JailedGrade.find = lambda *found: make_result(double=1.0, square=0.5)
"""
    if way == "command":
        with open(course.root / "nbgrader_config.py", "a") as config:
            config.write(by_the_jail)
        ask = [sys.executable, "-m", "nbgrader", "autograde", ASSIGNMENT]
    else:
        button = f"""
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from autograder.gradebook import configure
config = Config()
configure(config, ".")
assert NbGraderAPI(CourseDirectory(config=config), config=config).autograde({ASSIGNMENT!r}, "bob")["success"]
"""
        ask = [sys.executable, "-c", by_the_jail + button]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(ask, cwd=course.root, capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        entry = gradebook.find_submission(ASSIGNMENT, "bob")
        assert (entry.score, entry.late_submission_penalty) == (7.0, 2.1)


def test_a_mistake_in_the_file_is_told_before_a_grade_is_touched(
    late_class: Course, api: NbGraderAPI, results: Results, tmp_path: Path
) -> None:
    before = table(late_class, tmp_path / "before.csv")
    (late_class.root / FILE).write_text(RULES.replace("= 10", "= ten"))
    results["bob"] = make_result(double=0.0, square=0.0)
    report = api.autograde(ASSIGNMENT, "bob")
    assert not report["success"] and "deadlines.toml is not TOML" in report["log"] + report["error"]
    for use in (
        lambda: Recorder(late_class).check(ASSIGNMENT),
        lambda: table(late_class, tmp_path / "none.csv"),
    ):
        with pytest.raises(CourseError, match=r"deadlines\.toml is not TOML"):
            use()
    assert not (tmp_path / "none.csv").exists()
    told = api.generate_feedback(ASSIGNMENT, "bob", force=True)
    page = (late_class.feedback / "bob" / ASSIGNMENT / f"{NOTEBOOK}.html").read_text()
    assert told["success"] and "late submission: 3 points less" in page, "what nbgrader had stored"
    (late_class.root / FILE).write_text(RULES)
    assert table(late_class, tmp_path / "after.csv") == before


def test_without_a_date_in_the_file_the_gradebooks_date_and_extension_count(
    course: Course, submit: Submit
) -> None:
    (course.root / FILE).write_text("percent_per_day = 10\n")
    hand_in(course, submit, "bob", HANDED_IN["bob"])
    hand_in(course, submit, "ext", HANDED_IN["bob"])
    recorder = Recorder(course)
    for student in ("bob", "ext"):
        recorder.record(ASSIGNMENT, student, make_result(double=1.0, square=1.0))
        by_hand(course, student, written_why=5.0)
    with Gradebook(recorder.db_url) as gradebook:
        gradebook.find_assignment(ASSIGNMENT).duedate = datetime(2026, 11, 20, 23, 59)
        gradebook.find_submission(ASSIGNMENT, "ext").extension = timedelta(days=1)
        gradebook.db.commit()
        lines = {line.student: line for line in lines_of(course, gradebook, [], [])}
    assert (lines["bob"].final, lines["ext"].final) == (12.0, 13.5)
    recorder.record(ASSIGNMENT, "ext", make_result(double=1.0, square=1.0))
    with Gradebook(recorder.db_url) as gradebook:
        entry = gradebook.find_submission(ASSIGNMENT, "ext")
        assert entry.extension == timedelta(days=1) and entry.late_submission_penalty == 1.5


def test_without_the_file_nothing_of_nbgraders_is_changed(course: Course, submit: Submit) -> None:
    with open(course.root / "nbgrader_config.py", "a") as config:
        config.write(
            "c.LateSubmissionPlugin.penalty_method = 'zero'\nc.LatePenalty.penalty_method = 'zero'\n"
        )
    hand_in(course, submit, "bob", HANDED_IN["bob"])
    recorder = Recorder(course)
    with Gradebook(recorder.db_url) as gradebook:
        gradebook.find_assignment(ASSIGNMENT).duedate = datetime(2026, 11, 20, 23, 59)
        gradebook.db.commit()
    recorder.record(ASSIGNMENT, "bob", make_result(double=1.0, square=1.0))
    with Gradebook(recorder.db_url) as gradebook:
        assert gradebook.find_submission(ASSIGNMENT, "bob").late_submission_penalty == 10.0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"no date at all", "holds 'no date at all'"),
        (b"\xff\xfe2", "not text"),
        (b"9" * 60, "not a time"),
        (b"x" * 200, "timestamp.txt"),
    ],
)
def test_a_time_that_cannot_be_read_waits_with_the_files_name(
    course: Course, submit: Submit, content: bytes, says: str
) -> None:
    from autograder.classroom.grade_class import unconvertible

    submit("ada")
    stamp = course.submission_folder("ada", ASSIGNMENT) / "timestamp.txt"
    for fine in (b"", b"2026-11-20 21:30:00 UTC", b"2026-11-20 21:30:00.123456 CET\n"):
        stamp.write_bytes(fine)
        assert unconvertible(course, ASSIGNMENT, "ada", [NOTEBOOK]) is None
    stamp.write_bytes(content)
    why = unconvertible(course, ASSIGNMENT, "ada", [NOTEBOOK])
    assert why and "timestamp.txt" in why and says in why
