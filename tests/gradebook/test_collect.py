"""`nbgrader collect` takes the hand-in that counts by deadlines.toml."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.course.deadlines import FILE
from tests.gradebook.conftest import ASSIGNMENT, NOTEBOOK

RULES = f"[{ASSIGNMENT}]\ndue = 2026-11-20 12:00:00\n[{ASSIGNMENT}.extensions]\next = 2026-11-21 12:00:00\n"
TIMES = ("2026-11-20 10:00:00.000000 UTC", "2026-11-20 11:00:00.000000 UTC", "2026-11-21 11:00:00.000000 UTC")


@pytest.fixture
def exchange(course: Course, tmp_path: Path) -> Path:
    """Two students, three hand-ins each: two in time, one a day late."""
    inbound = tmp_path / "exchange" / "dl" / "inbound"
    for student in ("ada", "ext"):
        for when in TIMES:
            folder = inbound / f"{student}+{ASSIGNMENT}+{when}"
            shutil.copytree(course.release / ASSIGNMENT, folder)
            (folder / "timestamp.txt").write_text(when)
    with open(course.root / "nbgrader_config.py", "a") as config:
        config.write(
            f"c.Exchange.root = {str(tmp_path / 'exchange')!r}\nc.ExchangeCollect.check_owner = False\n"
        )
        config.write("c.Collect.check_owner = False\n")
    return inbound


def collect(course: Course, *options: str) -> tuple[dict[str, str], str]:
    command = [sys.executable, "-m", "nbgrader", "collect", ASSIGNMENT, *options]
    done = subprocess.run(
        command, cwd=course.root, capture_output=True, text=True, env=os.environ, timeout=120
    )
    assert done.returncode == 0, done.stderr
    stamps = {
        student: (course.submission_folder(student, ASSIGNMENT) / "timestamp.txt").read_text()
        for student in course.students(ASSIGNMENT)
    }
    return stamps, done.stderr


def test_the_last_hand_in_in_time_is_collected(course: Course, exchange: Path) -> None:
    stamps, _ = collect(course)
    assert stamps == {"ada": TIMES[2], "ext": TIMES[2]}, "without deadlines.toml the newest"
    (course.root / FILE).write_text(RULES)
    stamps, said = collect(course, "--update")
    assert stamps == {"ada": TIMES[1], "ext": TIMES[2]}, "an extension gives time"
    assert "ada: a later hand-in was late" in said and "ext: a later" not in said
    assert (course.submission_folder("ada", ASSIGNMENT) / f"{NOTEBOOK}.ipynb").is_file()
    (course.root / FILE).write_text(f'counts = "last"\n{RULES}')
    assert collect(course, "--update")[0]["ada"] == TIMES[2]
