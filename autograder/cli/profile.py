"""`autograder grade --profile`: where the time went, as tables and as a document."""

from __future__ import annotations

from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from autograder.classroom.profile import ClassProfile
from autograder.classroom.stages import CELLS, STUDENT, TESTS, Spent
from autograder.course import CourseError

MOST_EXERCISES = 25
_ORDER = (
    "reading and result",
    "fork",
    CELLS,
    "refusals",
    "pytest",
    TESTS,
    STUDENT,
    "diagnosis",
    "end of processes",
)


def show_profile(profile: ClassProfile, out: Console) -> None:
    """Print the tables."""
    start = f", the first begun after {profile.start:.1f} s" if profile.start is not None else ""
    out.print(
        f"{profile.assignment}: {profile.seconds:.1f} s, {profile.submissions} submissions, {profile.graded} graded "
        f"in {profile.processes} processes{start}; {profile.end:.1f} s after the last was graded",
        soft_wrap=True,
    )
    if profile.graded:
        out.print(_workers(profile))
        out.print(
            f"{1000 * profile.overhead:.0f} ms a submission, {profile.overhead_share:.0%} of grading, are neither the "
            "student's code nor a test",
            soft_wrap=True,
        )
    out.print(_grader(profile))
    if profile.exercises:
        out.print(_exercises(profile))


def write_profile(profile: ClassProfile, path: Path) -> None:
    """Write the document; CourseError where that cannot be done."""
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(profile, order="deterministic"), indent=1))
    except OSError as error:
        raise CourseError(
            f"the profile cannot be written to {path} ({error.strerror}): name another file with --profile-to; the "
            "grades are recorded"
        ) from error


def _workers(profile: ClassProfile) -> Table:
    table = _table("in the grading processes", "of the time", "a submission")
    rows = {name: profile.workers[name] for name in _ORDER if name in profile.workers}
    rows |= {name: spent for name, spent in profile.workers.items() if name not in rows}
    rows["waiting for work"] = Spent(profile.idle, 0)
    total = sum(spent.seconds for spent in rows.values()) or 1.0
    for name, spent in rows.items():
        table.add_row(
            name,
            f"{spent.seconds:.2f}",
            f"{spent.seconds / total:.0%}",
            f"{1000 * spent.seconds / profile.graded:.1f} ms",
        )
    table.add_row("before their first submission", f"{profile.starting:.2f}", "", "")
    table.add_row("  jail and its proofs", f"{profile.jail:.2f}", "", "")
    return table


def _grader(profile: ClassProfile) -> Table:
    table = _table("in the grader, beside them", "times", "once")
    for name, spent in profile.grader.items():
        once = f"{1000 * spent.seconds / spent.calls:.1f} ms" if spent.calls else ""
        table.add_row(name, f"{spent.seconds:.2f}", str(spent.calls), once)
    return table


def _exercises(profile: ClassProfile) -> Table:
    table = _table("tests of", "submissions", "median", "most")
    for exercise in profile.exercises[:MOST_EXERCISES]:
        table.add_row(
            exercise.id,
            f"{exercise.seconds:.2f}",
            str(exercise.submissions),
            f"{exercise.median:.3f} s",
            f"{exercise.most:.3f} s",
        )
    if len(profile.exercises) > MOST_EXERCISES:
        rest = profile.exercises[MOST_EXERCISES:]
        table.add_row(f"{len(rest)} others", f"{sum(one.seconds for one in rest):.2f}", "", "", "")
    return table


def _table(first: str, *others: str) -> Table:
    table = Table()
    table.add_column(first, overflow="fold")
    for column in ("seconds", *others):
        table.add_column(column, justify="right")
    return table
