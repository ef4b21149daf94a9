"""What a student is told of a test that failed: never a hidden input, an expected value or a line of the test."""

from __future__ import annotations

from collections.abc import Collection

from autograder.grading.session import Session
from autograder.wire.handles import EndlessIterator
from autograder.wire.peer import ArgumentChanged
from selfcheck.errors import StudentError

_MOST_TEXT = 600
IN_PLACE = "Your code {} in place; work on a copy."
"""How a student is told of what `ArgumentChanged` says."""
_REFUSED = {
    "too large to cross": "What your code returned is too large to be handed over.",
    "too many to cross": "What your code returned has too many parts to be handed over.",
    "too deep to cross": "What your code returned is nested too deep to be handed over.",
    "cannot cross": "What your code returned has a dtype that cannot be handed over, such as complex numbers.",
}
"""What the student's side of the wire says of a value it cannot send, and how the student is told."""


def message_of(error: BaseException, exercise: str, session: Session, asked_for: Collection[str]) -> str:
    """The sentence that goes with what a hidden test raised.

    Args:
        asked_for: the names that the exercise asks the student to define.
    """
    if isinstance(error, StudentError):
        return _raised(error, exercise, session, asked_for)[:_MOST_TEXT]
    if isinstance(error, ArgumentChanged):
        return IN_PLACE.format(error)
    if isinstance(error, EndlessIterator):
        return "Your iterator does not end."
    if isinstance(error, AssertionError):  # Mismatch too; asserts are not rewritten: this is our own sentence
        return str(error)[:_MOST_TEXT]
    return "What your code returned cannot be used as the exercise describes."


def _raised(error: StudentError, exercise: str, session: Session, asked_for: Collection[str]) -> str:
    """What a student's exception is told as: nothing that the student's code can write hidden inputs into."""
    broken = session.broken_cells.get(exercise)
    if broken is not None and error.is_a("NameError"):
        return f"Your cell stopped: {broken}"
    if error.is_a("NotImplementedError"):
        return "Your code raised NotImplementedError: not written yet."
    for name in asked_for:
        if error.message == f"`{name}` is not defined in the notebook":
            return f"`{name}` is not defined in the notebook."
    for sign, sentence in _REFUSED.items():
        if sign in error.message:
            return sentence
    return f"Your code raised {error.kind}{session.place(error.where)}."
