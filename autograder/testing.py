"""All a hidden suite needs to import; the fixtures `student` and `rng` and the markers come with the session.

Markers: `exercise(id)` binds a test to a grade cell, `weight(n)` says how much it counts, `gate` stops the exercise
where the test fails, `timeout(seconds)` is its CPU time, `mutates` allows the student to change arguments in place.

`misconception`, `edit` and `after` are for a suite's `misconceptions.py`.
"""

from __future__ import annotations

from autograder.grading.edits import after, edit, misconception
from selfcheck.compare import Mismatch, assert_close, assert_raises, gradcheck
from selfcheck.errors import StudentError

__all__ = [
    "Mismatch",
    "StudentError",
    "after",
    "assert_close",
    "assert_raises",
    "edit",
    "gradcheck",
    "misconception",
]
