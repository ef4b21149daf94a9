"""A course's secret decides the hidden inputs of its class, and stands in nothing that is written."""

from __future__ import annotations

import json
from pathlib import Path

from autograder.classroom.workplace import JailChoice, load_assignment, stated_assignment
from autograder.course import Course
from autograder.course.secret import course_secret
from autograder.grading.grade import grade
from autograder.grading.result import encode
from autograder.jail.host.backends import BACKENDS
from autograder.jail.host.worker import Worker
from tests.grading import toy

SAYS = """
import pytest
pytestmark = pytest.mark.exercise("double")

def test_it(student, rng):
    "Says what it drew."
    student.double(1)
    assert False, str(rng.initial_seed)
"""


def course_at(root: Path) -> Course:
    """A course with the toy assignment and a suite of its own that tells its seeds."""
    course = Course(root)
    (course.source / "toy").mkdir(parents=True)
    (course.source / "toy" / "toy.ipynb").write_bytes(toy.document(toy.solved()))
    (course.suites / "toy").mkdir(parents=True)
    for name, text in {**toy.TESTS, "test_double.py": SAYS}.items():
        (course.suites / "toy" / name).write_text(text)
    return course


def test_an_audit_and_two_courses_draw_different_inputs(tmp_path: Path) -> None:
    courses = [course_at(tmp_path / name) for name in ("one", "other")]
    assignments = [stated_assignment(courses[0], "toy"), *(load_assignment(c, "toy") for c in courses)]
    assert load_assignment(courses[0], "toy") is load_assignment(courses[0], "toy")
    assert len({assignment.suite_digest for assignment in assignments}) == 3
    with Worker(BACKENDS["landlock"]()) as worker:
        results = [grade(toy.document(toy.solved()), a, 0, worker) for a in assignments]
        again = grade(toy.document(toy.solved()), assignments[1], 0, worker)
    faults = [result.exercise("double").fault for result in results]
    assert len(set(faults)) == 3 and all("fails on the reference too" in fault for fault in faults)
    assert again.scored_bytes() == results[1].scored_bytes()
    assert [bool(result.secret_digest) for result in results] == [False, True, True]


def test_no_document_and_no_message_holds_it(tmp_path: Path) -> None:
    course = course_at(tmp_path)
    assignment, secret = load_assignment(course, "toy"), course_secret(course)
    with Worker(BACKENDS["landlock"]()) as worker:
        document = encode(grade(toy.document(toy.solved()), assignment, 0, worker)).decode()
    assert secret not in document and secret not in repr(assignment)
    assert json.loads(document)["secret_digest"] == assignment.secret_digest
    assert secret not in assignment.secret_digest


def test_no_submission_may_read_it(tmp_path: Path) -> None:
    course = course_at(tmp_path)
    assert course.secret in JailChoice.of(course).private


def test_auditing_makes_none(tmp_path: Path) -> None:
    course = course_at(tmp_path)
    stated_assignment(course, "toy")
    assert not course.secret.exists()
