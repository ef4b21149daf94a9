"""`autograder grade` at the terminal: progress bars, then the grade table."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from autograder.classroom.grade_class import ClassReport, Row, grade_class
from autograder.classroom.options import GradingOptions
from autograder.course import Course
from autograder.course.untrusted import clean


class Bars:
    """Progress at the terminal; without one, nothing but who is waited for."""

    def __init__(self, out: Console) -> None:
        self.out = out
        self.bars = Progress(
            TextColumn("{task.description:>9}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=out,
            disable=not out.is_terminal,
        )

    def __enter__(self) -> Bars:
        self.bars.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.bars.stop()

    def waiting(self, holder: str) -> None:
        self.out.print(f"waiting: this course is being graded by {holder}", markup=False)

    def phase(self, name: str, total: int) -> Callable[[], None]:
        task = self.bars.add_task(name, total=total)
        return lambda: self.bars.advance(task)


def run_grade(
    course: Course,
    assignment: str,
    options: GradingOptions,
    *,
    students: tuple[str, ...] = (),
    out: Console,
) -> ClassReport:
    """Grade, record and print; CourseError where nothing could be graded."""
    with Bars(out) as bars:
        report = grade_class(course, assignment, options, students=students, progress=bars)
    out.print(grade_table(report))
    for row in report.problems:
        out.print(
            Text.assemble((clean(row.student, 60), "bold"), f": {clean(row.problem, 400)}"), soft_wrap=True
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
