"""`autograder grade`: what is done and left while it works, an end on a signal, then the grade table."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.classroom.grade_class import ClassReport, Row, grade_class
from autograder.classroom.options import GradingOptions
from autograder.classroom.profile import profiling
from autograder.cli.live import Display
from autograder.cli.profile import show_profile, write_profile
from autograder.course import Course
from autograder.course.spelling import same_names, told_apart
from autograder.course.untrusted import clean

STOP_SECONDS = 3.5
"""Longest time from a signal to the end of the process; what then hangs is cut off, and the gradebook rolls back."""


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Within it SIGTERM is what Ctrl-C is, a KeyboardInterrupt, and either ends the process soon, whatever hangs."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        late = threading.Timer(STOP_SECONDS, _cut_off)
        late.daemon = True
        late.start()
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _cut_off() -> None:
    os.write(2, b"error stopped at once; what is graded is kept, run the command again to go on\n")
    os._exit(130)


def run_grade(
    course: Course,
    assignment: str,
    options: GradingOptions,
    *,
    students: tuple[str, ...] = (),
    out: Console,
    profile: bool = False,
    profile_to: Path | None = None,
) -> ClassReport:
    """Grade, record and print.

    Args:
        profile: say where the time went. profile_to: write that into this file too.

    Raises:
        CourseError: nothing could be graded. KeyboardInterrupt: stopped by a signal; its text says what goes on.
    """
    wanted = profile or profile_to is not None
    with (
        profiling() if wanted else contextlib.nullcontext() as profile_of,
        stoppable(),
        Display(out) as display,
    ):
        progress = display if profile_of is None else profile_of.noting(display)
        if profile_of is not None:
            options = replace(options, profile=profile_of.folder)
        try:
            report = grade_class(course, assignment, options, students=students, progress=progress)
        except KeyboardInterrupt:
            again = shlex.join(["autograder", *sys.argv[1:]])
            raise KeyboardInterrupt(
                f"stopped: {display.done} of {display.total} submissions are recorded, and what is graded is kept; "
                f"`{again}` goes on with the rest"
            ) from None
        found = profile_of.done(assignment) if profile_of is not None else None
    out.print(grade_table(report))
    for row in report.problems:
        out.print(
            Text.assemble((clean(row.student, 60), "bold"), f": {clean(row.problem, 400)}"), soft_wrap=True
        )
    for row in report.rows:
        if row.note:
            out.print(
                Text.assemble((clean(row.student, 60), "bold"), f": {clean(row.note, 400)}"), soft_wrap=True
            )
    for line in (*_look_alikes(report), *_changes(course, assignment)):
        out.print(line, markup=False, soft_wrap=True)
    waiting = sum(bool(row.waiting) for row in report.rows)
    out.print(f"gradebook: {report.gradebook}", markup=False, soft_wrap=True)
    if waiting:
        out.print(
            f"{waiting} of {len(report.rows)} submissions wait for a grader: open formgrader, Manual Grading"
        )
    out.print(f"feedback pages: nbgrader generate_feedback {assignment}", markup=False)
    if found is not None:
        show_profile(found, out)
        if profile_to is not None:
            write_profile(found, profile_to)
    return report


def _look_alikes(report: ClassReport) -> list[str]:
    """A line for each name that is there in two forms."""
    return [
        f"{' and '.join(clean(told_apart(group)[name], 90) for name in group)} look alike and are different names: are "
        "they one student's? then put their folders under submitted/ together"
        for group in same_names(row.student for row in report.rows)
    ]


def _changes(course: Course, assignment: str) -> list[str]:
    from autograder.gradebook.changed import changes_of
    from autograder.gradebook.record import Recorder

    return changes_of(course, assignment, Recorder(course).db_url).lines(assignment)


def grade_table(report: ClassReport) -> Table:
    """One line a student: score, what was lost where, what waits for a grader."""
    table = Table(title=f"{report.assignment}: {len(report.rows)} submissions", title_justify="left")
    table.add_column("student", overflow="fold")
    table.add_column("score", justify="right")
    table.add_column("below full marks", overflow="fold")
    table.add_column("needs a grader", overflow="fold")
    shown = told_apart(row.student for row in report.rows)
    for row in report.rows:
        name = clean(shown.get(row.student, row.student), 80)
        table.add_row(Text(name), _score(row), Text(_lost(row)), _waiting(row))
    return table


def _score(row: Row) -> Text:
    if row.score is None:
        return Text("not graded", style="yellow")
    style = "yellow" if row.problem else "green" if not row.lost else ""
    return Text(f"{row.score:g}/{row.points:g}", style=style)


def _lost(row: Row) -> str:
    return ", ".join(f"{name} {score:g}/{points:g}" for name, (score, points) in row.lost.items())


def _waiting(row: Row) -> Text:
    if row.score is None:
        return Text("everything", style="yellow")
    points = f" ({row.waiting_points:g} points)" if row.waiting_points else ""
    return Text(", ".join(row.waiting) + points, style="yellow" if row.problem else "dim")
