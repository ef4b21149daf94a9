"""An exercise's result as the text a student reads in the notebook's grade cell.

Colours are ANSI escapes, which nbconvert renders and whose text it escapes for HTML. Everything that may stem
from the student's process is stripped of control characters and cut first.
"""

from __future__ import annotations

from autograder.grading.result import ExerciseResult, TestResult, Verdict

MAX_SENTENCE = 300
MAX_MESSAGE = 1500
MAX_TEXT = 12_000

BOLD, DIM, RED, GREEN, YELLOW, BLUE, RESET = (f"\x1b[{code}m" for code in (1, 2, 31, 32, 33, 34, 0))

MEANING = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "failed",
    Verdict.TIMEOUT: "took too long and was stopped",
    Verdict.OUT_OF_MEMORY: "used more memory than allowed",
    Verdict.CRASHED: "ended the Python process",
    Verdict.FORBIDDEN: "used a function this exercise does not allow",
    Verdict.PROTOCOL_VIOLATION: "answered with something that is not a value",
    Verdict.NOT_GRADABLE: "could not be graded",
}


def exercise_text(exercise: ExerciseResult, notes: tuple[str, ...] = ()) -> str:
    """Verdict, points, each property with what went wrong and the hint; plain text with ANSI colours."""
    colour = GREEN if exercise.verdict is Verdict.PASSED else YELLOW if exercise.score else RED
    lines = [
        f"{BOLD}{clean(exercise.id, 80)}{RESET}: "
        f"{colour}{exercise.score:g} of {exercise.points:g} points{RESET} ({MEANING[exercise.verdict]})"
    ]
    if exercise.message:
        lines.append(clean(exercise.message, MAX_MESSAGE))
    for test in exercise.tests:
        lines.extend(_test_lines(test))
    lines.extend(f"{YELLOW}note{RESET} {clean(note, MAX_SENTENCE)}" for note in notes)
    text = "\n".join(lines)
    if len(text) > MAX_TEXT:
        text = text[:MAX_TEXT].rsplit("\n", 1)[0] + f"{RESET}\n... the rest is cut"
    return text + "\n"


def ungraded_text(grade_id: str, reason: str) -> str:
    """What stands in a grade cell that no score could be found for."""
    return (
        f"{BOLD}{clean(grade_id, 80)}{RESET}: {YELLOW}not graded yet{RESET}\n"
        f"{clean(reason, MAX_MESSAGE)}\n"
        "This is no zero: the exercise waits for your instructor.\n"
    )


def clean(text: str, limit: int) -> str:
    """Printable text of at most ``limit`` characters: no control characters but line breaks, cut with a
    sign."""
    printable = "".join(
        c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text[: limit + 1]
    )
    return printable if len(text) <= limit else printable[: limit - 4] + " ..."


def _test_lines(test: TestResult) -> list[str]:
    statement = clean(test.statement or "a property", MAX_SENTENCE)
    if not test.ran:
        return [f"  {DIM}- {statement} (not tried: an earlier step has to pass first){RESET}"]
    if test.verdict is Verdict.PASSED:
        return [f"  {GREEN}\N{CHECK MARK}{RESET} {statement}"]
    outcome = "" if test.verdict is Verdict.FAILED else f" ({MEANING[test.verdict]})"
    lines = [f"  {RED}\N{BALLOT X}{RESET} {statement}{outcome}"]
    if test.message:
        lines.extend(f"      {line}" for line in clean(test.message, MAX_MESSAGE).splitlines())
    if test.hint:
        lines.append(f"      {BLUE}hint{RESET} {clean(test.hint, MAX_SENTENCE)}")
    return lines
