"""The student's side of the assignments: check cells, comparisons that explain, data sets and plots."""

from __future__ import annotations

from selfcheck.allowed import assert_own
from selfcheck.check import check
from selfcheck.compare import Mismatch, assert_close, assert_raises, gradcheck, revealing
from selfcheck.errors import StudentError

__all__ = [
    "Mismatch",
    "StudentError",
    "assert_close",
    "assert_own",
    "assert_raises",
    "check",
    "gradcheck",
    "revealing",
]
