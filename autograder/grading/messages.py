"""The words that tell a student of a failed test: never a hidden input, an expected value or a line of the test."""

from __future__ import annotations

import re
from collections.abc import Collection

from autograder.grading.known_errors import known_text
from autograder.grading.session import Session
from autograder.wire.handles import EndlessIterator
from autograder.wire.peer import ArgumentChanged
from selfcheck.errors import StudentError

_MOST_TEXT = 600
_MISSING = re.compile(r"name '(\w+)' is not defined")
IN_PLACE = "Your code {} in place; work on a copy."
"""How a student is told of what `ArgumentChanged` says."""
_REFUSED = {
    "too large to cross": "What your code returned is too large to be handed over.",
    "too many to cross": "What your code returned has too many parts to be handed over.",
    "too deep to cross": "What your code returned is nested too deep to be handed over.",
    "cannot cross": "What your code returned has a dtype that cannot be handed over, such as complex numbers.",
}
"""What the student's side of the wire says of a value it cannot send, and how the student is told."""
_UNUSABLE = (
    (
        "does not require grad",
        "No gradient flows back from what your code returned: was it detached, or computed in numpy?",
    ),
    ("NoneType", "Your code gave None where the exercise describes a value. Is a `return` missing?"),
    (
        r"must match|cannot be multiplied|is invalid for input of size|broadcast|values to unpack|shape|number of dims"
        r"|Dimension out of range|too many indices|out of bounds|index out of range",
        "What your code returned has another shape or number of parts than the exercise describes.",
    ),
    (r"dtype|scalar type", "What your code returned has another dtype than the exercise describes."),
    (
        r"^KeyError",
        "What your code returned lacks a key that the exercise describes.",
    ),
    (
        r"object is not|has no len|has no attribute|unsupported operand|not supported between",
        "What your code returned is of another type than the exercise describes.",
    ),
)
"""How a test stumbles over an answer that it cannot work with, and how the student is told."""


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
    said = f"{type(error).__name__}: {error}"
    known = (sentence for sign, sentence in _UNUSABLE if re.search(sign, said))
    return next(known, "What your code returned cannot be used as the exercise describes.")


def _raised(error: StudentError, exercise: str, session: Session, asked_for: Collection[str]) -> str:
    """The words for a student's exception: nothing that the student's code can write hidden inputs into."""
    broken = session.broken_cells.get(exercise)
    if broken is not None and error.is_a("NameError"):
        return f"Your cell stopped: {broken}"
    if error.is_a("NotImplementedError"):
        return "Your code raised NotImplementedError: not written yet."
    for name in asked_for:
        if error.message == f"`{name}` is not defined in the notebook":
            cause = session.stopped_cell(name)
            return f"`{name}` is not defined in the notebook." + (f" The cell {cause}." if cause else "")
    for sign, sentence in _REFUSED.items():
        if sign in error.message:
            return sentence
    text = known_text(error.kind, error.message, session.names)
    told = f"Your code raised {error.kind}{session.place(error.where)}." + (
        f" Python says: {text}." if text else ""
    )
    missing = _MISSING.fullmatch(text)
    cause = session.stopped_cell(missing[1]) if missing is not None else ""
    return told + (f" The cell {cause}, so what it defines is missing." if cause else "")
