"""`autograder grade` where nobody watches: a line for each submission, and an end on a signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import nbformat
import pytest

from autograder.classroom.grade_class import grade_class
from autograder.classroom.options import GradingOptions
from autograder.cli.live import outcome_line
from autograder.course import Course
from autograder.gradebook.gradebook import read_grades
from autograder.grading.result import Measured, Result, Verdict
from bench.course import ASSIGNMENT, NOTEBOOK, make_course, submit_copies
from tests.classroom.test_grade_class import Quiet
from tests.gradebook.conftest import ASSIGNMENT as TOY
from tests.gradebook.conftest import Submit, make_result

PATIENCE = 20.0
"""Seconds: four times what is promised, for a machine that does other work beside; the submission takes far longer."""
COMMAND = ("grade", ASSIGNMENT, "--jobs", "1")


@pytest.fixture
def timing(tmp_path: Path) -> Iterator[Course]:
    """Two submissions: the second sleeps for longer than anybody waits."""
    course = make_course(tmp_path / "a course", jailed=True)
    made = subprocess.run(
        [sys.executable, "-m", "nbgrader", "generate_assignment", ASSIGNMENT],
        cwd=course.root,
        capture_output=True,
    )
    assert made.returncode == 0, made.stderr
    (quick,) = submit_copies(course, 1)
    (slow,) = submit_copies(course, 1)
    assert quick < slow
    path = course.submission_folder(slow, ASSIGNMENT) / f"{NOTEBOOK}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    solution = next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution"))
    solution.source += "\nimport time\nwhile True: time.sleep(0.1)"
    nbformat.write(notebook, path)
    yield course


def test_a_signal_ends_grading_and_what_is_graded_is_recorded(timing: Course) -> None:
    quick, slow = timing.students(ASSIGNMENT)
    grader = subprocess.Popen(
        [sys.executable, "-m", "autograder", *COMMAND],
        cwd=timing.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "COLUMNS": "40"},
    )
    assert grader.stdout is not None and grader.stderr is not None
    line = grader.stdout.readline()
    assert line.startswith(f"[1/2] {quick}: 20 of 20 points, ") and line.endswith("; 1 left\n"), line
    begun = time.monotonic()
    grader.send_signal(signal.SIGTERM)
    code = grader.wait(30)
    said = grader.stderr.read()
    assert time.monotonic() - begun < PATIENCE, said
    assert code == 130 and "Traceback" not in said
    assert said.startswith("error stopped: 1 of 2 submissions are recorded")
    assert f"autograder {' '.join(COMMAND)}` goes on" in said and len(said.splitlines()) == 1
    grades = read_grades(f"sqlite:///{timing.gradebook}", ASSIGNMENT, quick)
    assert sum(grade.auto or 0 for grade in grades.values()) == 20.0
    assert not read_grades(f"sqlite:///{timing.gradebook}", ASSIGNMENT, slow)
    end = time.monotonic() + 10
    while _lives(grader.pid) and time.monotonic() < end:
        time.sleep(0.1)
    assert not _lives(grader.pid), "no process of the grader's is left"


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_interrupted_between_two_results_the_first_ones_are_recorded(
    course: Course, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recording is slower than grading here: what waits for its turn is recorded all the same."""
    monkeypatch.setattr("autograder.classroom.grade_class.DRAIN", 60.0)
    students = [f"s{number}" for number in range(4)]
    for student in students:
        submit(student)
    results = iter([(student, make_result(double=1.0, square=1.0)) for student in students[:3]])

    def grading(
        course: Course, assignment: str, students: list[str], options: GradingOptions
    ) -> Iterator[tuple[str, Result | str]]:
        yield from results
        raise KeyboardInterrupt

    quiet = Quiet()
    with pytest.raises(KeyboardInterrupt):
        grade_class(course, TOY, GradingOptions(), progress=quiet, grading=grading)
    assert sorted(quiet.told) == students[:3]
    for student in students[:3]:
        assert read_grades(f"sqlite:///{course.gradebook}", TOY, student)["square"].auto == 6.0


def test_the_line_of_a_submission() -> None:
    measured = Measured(seconds=12.34, student_seconds=1, exercises={}, tolerance={})
    result = msgspec.structs.replace(make_result(double=1.0, square=0.5), measured=measured)
    assert outcome_line(result) == "7 of 10 points, 1 passed, 1 failed; 12.3 s"
    assert outcome_line("it holds\nUntitled.ipynb") == "waits: it holds Untitled.ipynb"
    lost = make_result(Verdict.NOT_GRADABLE, ("The jail was lost.",))
    assert outcome_line(lost) == "not_gradable: The jail was lost."
