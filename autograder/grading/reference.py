"""The reference asked what a student was asked: a test that fails on it too is our fault, not the student's."""

from __future__ import annotations

from dataclasses import replace

from autograder.grading.assignment import Assignment
from autograder.grading.diagnosis import Diagnosis
from autograder.grading.replaying import Replay

_MOST_KEPT = 4


def our_fault(diagnosis: Diagnosis, exercise: str, failed: Replay) -> str:
    """How a failed test fails on the reference, on the inputs that it had; nothing where the reference passes.

    The diagnosis keeps the answer, and asks for it again where it looks for the student's mistake.
    """
    answer = diagnosis.answers.of(diagnosis.reference(exercise), replace(failed, weights=()))
    return answer.message if answer.failed else ""


_known: dict[str, Diagnosis] = {}


def reference_of(assignment: Assignment) -> Diagnosis:
    """This process's solutions of an assignment, for who grades without hints; answers are kept in memory."""
    digest = assignment.suite_digest
    if digest not in _known:
        if len(_known) >= _MOST_KEPT:
            del _known[next(iter(_known))]
        _known[digest] = Diagnosis(assignment)
    return _known[digest]
