"""An exercise's result as the text a student reads in the notebook's grade cell.

Colours are ANSI escapes, which nbconvert renders and whose text it escapes for HTML. Everything that may stem
from the student's process is stripped of control characters and cut first.
"""

from __future__ import annotations

import math
from itertools import groupby

from autograder.course.untrusted import clean
from autograder.grading.levels import SHARES, TITLES
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
    """Verdict, points, each property with what went wrong and the hint; plain text with ANSI colours.

    The cases of one property share a line, and a hint stands only where it first applies.
    """
    colour = GREEN if exercise.verdict is Verdict.PASSED else YELLOW if exercise.score else RED
    in_part = exercise.verdict is Verdict.FAILED and exercise.score > 0
    lines = [
        f"{BOLD}{clean(exercise.id, 80)}{RESET}: {colour}{_number(exercise.score)} of {exercise.points:g} points"
        f"{RESET} ({'passed in part' if in_part else MEANING[exercise.verdict]})"
    ]
    if exercise.message:
        lines.append(clean(exercise.message, MAX_MESSAGE))
    begun = any(test.ran for test in exercise.tests)
    reason = ", since an earlier step has to pass first" if begun else ""
    hints: set[str] = set()
    waiting, level = False, ""
    for (rung, statement), group in groupby(_climbed(exercise.tests), key=lambda t: (t.level, t.statement)):
        cases = list(group)
        if rung != level:
            lines.append(_level_line(exercise, rung))
            waiting, level = False, rung
        if all(not case.ran for case in cases):
            if not waiting:
                lines.append(f"  {DIM}not tried{reason}:{RESET}")
            lines.append(f"  {DIM}- {_sentence(statement)}{RESET}")
            waiting = True
        else:
            lines.extend(_property_lines(statement, cases, hints))
            waiting = False
    lines.extend(f"{YELLOW}note{RESET} {clean(note, MAX_SENTENCE)}" for note in notes)
    text = "\n".join(lines)
    if len(text) > MAX_TEXT:
        text = text[:MAX_TEXT].rsplit("\n", 1)[0] + f"{RESET}\n... the rest is cut"
    return text + "\n"


def ungraded_text(grade_id: str, reason: str) -> str:
    """The text of a grade cell that no score could be found for."""
    return (
        f"{BOLD}{clean(grade_id, 80)}{RESET}: {YELLOW}not graded yet{RESET}\n"
        f"{clean(reason, MAX_MESSAGE)}\n"
        "This is not a zero: the exercise waits for a person. If you are the instructor, give the points by hand, or "
        "grade again once the reason above is gone.\n"
    )


def _climbed(tests: tuple[TestResult, ...]) -> list[TestResult]:
    """The tests by their levels, in the order in which a student climbs them."""
    order = {level: place for place, level in enumerate(SHARES)}
    return sorted(tests, key=lambda test: order.get(test.level, -1))


def _level_line(exercise: ExerciseResult, level: str) -> str:
    """A level's name, and the points that it gave of those that it has."""
    own = [test for test in exercise.tests if test.level == level]
    all_points = exercise.points * math.fsum(test.weight for test in own)
    earned = exercise.points * math.fsum(test.weight for test in own if test.verdict is Verdict.PASSED)
    shown = f"{_number(earned)} of {_number(all_points)}"
    return f"  {BOLD}{TITLES.get(level, level)}{RESET} {DIM}({shown}){RESET}"


def _property_lines(statement: str, cases: list[TestResult], hints: set[str]) -> list[str]:
    """One property and what its first failing case says; adds the hints it shows to ``hints``."""
    failed = [case for case in cases if case.ran and case.verdict is not Verdict.PASSED]
    if not failed:
        return [f"  {GREEN}\N{CHECK MARK}{RESET} {_sentence(statement)}"]
    remarks = [MEANING[failed[0].verdict]] if failed[0].verdict is not Verdict.FAILED else []
    if len(cases) > 1:
        remarks.append(f"{len(failed)} of {len(cases)} cases")
    outcome = f" ({', '.join(remarks)})" if remarks else ""
    lines = [f"  {RED}\N{BALLOT X}{RESET} {_sentence(statement)}{outcome}"]
    if failed[0].message:
        lines.extend(f"      {line}" for line in clean(failed[0].message, MAX_MESSAGE).splitlines())
    for hint in dict.fromkeys(case.hint for case in failed if case.hint):
        if hint not in hints:
            lines.append(f"      {BLUE}hint{RESET} {clean(hint, MAX_SENTENCE)}")
            hints.add(hint)
    return lines


def _sentence(statement: str) -> str:
    return clean(statement or "a property", MAX_SENTENCE)


def _number(points: float) -> str:
    """As nbgrader's pages show it: two decimals at most."""
    return f"{points:.2f}".rstrip("0").rstrip(".")
