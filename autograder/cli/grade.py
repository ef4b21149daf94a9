"""`autograder grade`: progress bars at a terminal, else a line for each submission; then the grade table."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from autograder.classroom.grade_class import ClassReport, Row, grade_class
from autograder.classroom.options import GradingOptions
from autograder.course import Course
from autograder.course.untrusted import clean
from autograder.grading.result import Result, Verdict

STOP_SECONDS = 3.5
"""Longest time from a signal to the end of the process; what then hangs is cut off, and the gradebook rolls back."""


class Display:
    """Bars at a terminal; a line for each submission where nobody watches. Counts what is recorded."""

    def __init__(self, out: Console) -> None:
        self.out = out
        self.watched = out.is_terminal
        self.total = self.done = 0
        self._lock = threading.Lock()
        self.bars = Progress(
            TextColumn("{task.description:>9}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=out,
            disable=not self.watched,
        )

    def __enter__(self) -> Display:
        self.bars.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.bars.stop()

    def waiting(self, holder: str) -> None:
        self.out.print(f"waiting: this course is being graded by {holder}", markup=False)

    def phase(self, name: str, total: int) -> Callable[[], None]:
        self.total = max(self.total, total)
        task = self.bars.add_task(name, total=total)
        return lambda: self.bars.advance(task)

    def recorded(self, student: str, outcome: Result | str) -> None:
        with self._lock:
            self.done += 1
            if not self.watched:
                line = f"[{self.done}/{self.total}] {clean(student, 60)}: {outcome_line(outcome)}"
                self.out.print(f"{line}; {self.total - self.done} left", markup=False, soft_wrap=True)


def outcome_line(outcome: Result | str) -> str:
    """Points, the exercises by verdict, and the seconds that grading took; or why it waits."""
    if isinstance(outcome, str):
        return f"waits: {clean(outcome, 200)}".replace("\n", " ")
    if outcome.verdict is not Verdict.PASSED:
        return f"{outcome.verdict.value}: {clean(' '.join(outcome.notes), 200)}".replace("\n", " ")
    counted = Counter(exercise.verdict for exercise in outcome.exercises)
    verdicts = ", ".join(f"{counted[verdict]} {verdict.value}" for verdict in Verdict if counted[verdict])
    seconds = f"; {outcome.measured.seconds:.1f} s" if outcome.measured is not None else ""
    return f"{outcome.score:g} of {outcome.points:g} points, {verdicts}{seconds}"


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
) -> ClassReport:
    """Grade, record and print.

    Raises:
        CourseError: nothing could be graded. KeyboardInterrupt: stopped by a signal; its text says what goes on.
    """
    with stoppable(), Display(out) as display:
        try:
            report = grade_class(course, assignment, options, students=students, progress=display)
        except KeyboardInterrupt:
            again = shlex.join(["autograder", *sys.argv[1:]])
            raise KeyboardInterrupt(
                f"stopped: {display.done} of {display.total} submissions are recorded, and what is graded is kept; "
                f"`{again}` goes on with the rest"
            ) from None
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
    waiting = sum(bool(row.waiting) for row in report.rows)
    out.print(f"gradebook: {report.gradebook}", markup=False, soft_wrap=True)
    if waiting:
        out.print(
            f"{waiting} of {len(report.rows)} submissions wait for a grader: open formgrader, Manual Grading"
        )
    out.print(f"feedback pages: nbgrader generate_feedback {assignment}", markup=False)
    return report


def grade_table(report: ClassReport) -> Table:
    """One line a student: score, what was lost where, what waits for a grader."""
    table = Table(title=f"{report.assignment}: {len(report.rows)} submissions", title_justify="left")
    table.add_column("student", overflow="fold")
    table.add_column("score", justify="right")
    table.add_column("below full marks", overflow="fold")
    table.add_column("needs a grader", overflow="fold")
    for row in report.rows:
        table.add_row(Text(clean(row.student, 60)), _score(row), Text(_lost(row)), _waiting(row))
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
