"""An invented student: what was handed in, and what it must get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import autograder
from autograder.classroom.workplace import stated_assignment
from autograder.course import Course
from autograder.grading.variants import find_misconception

FULL, ZERO, PART = "full", "zero", "part"
"""The points that an exercise must earn: all its points, none, or less than all."""


@dataclass(frozen=True)
class Student:
    """One invented student.

    Attributes:
        id: the student's folder name under submitted/.
        story: what is special about the submission, for the table.
        cells: replacements of solution cells, source by exercise.
        before: code put in front of a solution cell, by exercise.
        expected: exercises that must not get full marks, ZERO or PART by id.
        believes: the misconceptions that the feedback must name, by exercise.
        base: what the rest of the notebook is: the solved source or the released skeleton.
        document: the submitted file itself, where it is not a notebook.
    """

    id: str
    story: str
    cells: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)
    expected: Mapping[str, str] = field(default_factory=dict)
    believes: Mapping[str, str] = field(default_factory=dict)
    base: str = "solved"
    document: bytes | None = None

    @property
    def ungradable(self) -> bool:
        return self.document is not None


def misconception(assignment: str, exercise: str, name: str) -> str:
    """A misconception's whole cell."""
    loaded = stated_assignment(Course(Path(autograder.__file__).parent.parent), assignment)
    return find_misconception(loaded, exercise, name).source


def mistaken(id: str, assignment: str, mistakes: Mapping[str, str]) -> Student:
    """A student who holds the named misconceptions, one an exercise."""
    return Student(
        id,
        "believes: " + ", ".join(name.replace("_", " ") for name in mistakes.values()),
        cells={exercise: misconception(assignment, exercise, name) for exercise, name in mistakes.items()},
        expected=dict.fromkeys(mistakes, PART),
        believes=mistakes,
    )


def any_class() -> list[Student]:
    """A class for an assignment of which nothing is known but that it has a solution."""
    return [
        Student("ada", "the reference solution"),
        Student("ben", "the skeleton, untouched", base="skeleton"),
        Student("carl", "no notebook at all", document=b"this is no notebook"),
    ]
