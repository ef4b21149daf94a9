"""The demo and the README know every assignment that there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autograder.course import Course, CourseError
from autograder.demo import classes
from autograder.demo.__main__ import classes_of

ROOT = Path(__file__).parents[2]
ASSIGNMENTS = Course(ROOT).assignments()


def test_every_assignment_has_a_class():
    found = classes_of(None)
    assert list(found) == ASSIGNMENTS and len(ASSIGNMENTS) > 1
    assert all(len(students) > 2 for students in found.values())
    assert list(classes_of(ASSIGNMENTS[:1])) == ASSIGNMENTS[:1]


def test_an_assignment_without_a_class_of_its_own_gets_the_one_that_suits_any(monkeypatch):
    monkeypatch.setattr(classes, "__path__", [])
    for students in classes_of(None).values():
        assert [student.base for student in students] == ["solved", "skeleton", "solved"]
        assert [student.ungradable for student in students] == [False, False, True]


def test_an_unknown_assignment_is_told_with_those_that_there_are():
    with pytest.raises(CourseError, match=f"no assignment 'ch99' .* there are {', '.join(ASSIGNMENTS)}"):
        classes_of(["ch99"])


def test_the_readme_lists_every_assignment():
    listed = re.findall(r"^\| `(ch\d\d)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert listed == ASSIGNMENTS


def test_no_command_lists_assignments():
    """An assignment is found by its files; nothing has to be registered."""
    for name in ("Makefile", "pyproject.toml", ".ci/run"):
        lines = (ROOT / name).read_text().splitlines()
        assert not [line for line in lines if re.search(r"\bch\d\d", line) and not line.startswith("#")], name
