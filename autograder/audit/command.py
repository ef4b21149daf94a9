"""`autograder audit ASSIGNMENT`: runs an assignment's quality gate and prints what it found."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from pathlib import Path
from typing import Annotated

import nbformat
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from autograder.audit.judge import GRADING_SECONDS, Verdicts
from autograder.audit.trials import NotebookTemplate, Trial, beside, plan
from autograder.authoring.chapter import AuthoringError
from autograder.authoring.execute import execute
from autograder.classroom.pool import Task, grade_all
from autograder.classroom.workplace import JailChoice, load_assignment
from autograder.course import Course, CourseError
from autograder.grading.assignment import Assignment
from autograder.grading.pytest_session import slow_exercises
from autograder.jail.host.visibility import JailUnavailable

NOTEBOOK_SECONDS = 120.0
_LINE_EVERY = 50
"""Where nobody sees a bar, as in CI, a line is printed after so many trials."""


def audit(
    name: Annotated[
        str, typer.Argument(metavar="ASSIGNMENT", help="The assignment's folder name under source/.")
    ],
    exercise: Annotated[
        list[str] | None, typer.Option(help="Audit only this exercise; may be repeated.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds of the hidden inputs for right solutions.")] = 20,
    jobs: Annotated[int, typer.Option(min=1, help="Grading processes.")] = os.cpu_count() or 1,
    backend: Annotated[str | None, typer.Option(help="bubblewrap or landlock.")] = None,
    notebook: Annotated[bool, typer.Option(help="Run the solved notebook and hold it to its time.")] = True,
) -> None:
    """Put an assignment through its quality gate: reference, skeleton, misconceptions, alternatives, seeds, budgets."""
    console = Console()
    try:
        course = Course(Path.cwd())
        assignment = load_assignment(course, name)
        only = _chosen(assignment, exercise)
        verdicts = run(course, assignment, seeds, jobs, only, backend, console)
    except (CourseError, JailUnavailable) as error:
        console.print(f"[red]{escape(str(error))}[/red]", soft_wrap=True)
        raise typer.Exit(2) from None
    if max(verdicts.reference_seconds) > GRADING_SECONDS:
        verdicts.defects.append(
            f"grading the reference took {max(verdicts.reference_seconds):.0f} CPU seconds"
        )
    if notebook and only is None:
        run_solved(course.source_notebook(name, assignment.notebook), verdicts, console)
    verdicts.defects += [f"no misconception fails {test}" for test in verdicts.survivors(only)]
    summarise(assignment, verdicts, seeds, console, only)
    if verdicts.defects:
        raise typer.Exit(1)


def run(
    course: Course,
    assignment: Assignment,
    seeds: int,
    jobs: int,
    only: frozenset[str] | None,
    backend: str | None,
    console: Console,
) -> Verdicts:
    """Grade every trial through the pool and judge it as it comes."""
    release = course.release / assignment.name / f"{assignment.notebook}.ipynb"
    notebooks = NotebookTemplate(course.source_notebook(assignment.name, assignment.notebook), release)
    slow = slow_exercises(assignment.suite)
    trials: dict[str, Trial] = {
        str(number): trial for number, trial in enumerate(plan(assignment, notebooks, seeds, slow, only))
    }
    jail = JailChoice.of(course, backend, False)
    verdicts = Verdicts()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task(f"auditing {assignment.name}", total=len(trials))
        while trials:
            tasks = [Task(k, t.document, assignment, t.seed, jail, t.selection) for k, t in trials.items()]
            for task, outcome in grade_all(tasks, jobs):
                told = len(verdicts.defects)
                verdicts.add(trials[task.key], outcome)
                for defect in verdicts.defects[told:]:
                    progress.console.print(f"[red]defect[/red] {escape(defect)}", soft_wrap=True)
                progress.advance(bar)
                done = int(progress.tasks[bar].completed)
                if not console.is_terminal and done % _LINE_EVERY == 0:
                    console.print(f"{assignment.name}: {done} of {progress.tasks[bar].total:g} trials")
            trials = {str(k): t for k, t in enumerate(_culprits(notebooks, verdicts))}
            progress.update(bar, total=progress.tasks[bar].completed + len(trials))
    return verdicts


def _culprits(notebooks: NotebookTemplate, verdicts: Verdicts) -> list[Trial]:
    """A trial for each variant that may have spoiled another exercise."""
    trials = [beside(notebooks, t.selection, (variant,)) for t in verdicts.suspects for variant in t.others]
    verdicts.suspects.clear()
    return trials


def summarise(
    assignment: Assignment, verdicts: Verdicts, seeds: int, console: Console, only: frozenset[str] | None
) -> None:
    """Print the audit's tables, its defects, and the last line. only: the exercises audited, None for all."""
    table = Table(title=f"audit of {assignment.name}, {seeds} seeds", title_justify="left")
    for column in ("trials", "what must hold", "held"):
        table.add_column(column, justify="right" if column == "held" else "left")
    for kind, what in _WHAT_HOLDS.items():
        held, count = verdicts.counts[kind]
        colour = "green" if held == count else "red"
        table.add_row(kind, what, f"[{colour}]{held}/{count}[/{colour}]")
    console.print(table)
    exercises = Table(title="exercises", title_justify="left")
    for column in (
        *("exercise", "points", "miscon.", "least\nlost", "tests", "killed"),
        *("toler.\nused", "sec."),
    ):
        exercises.add_column(
            column, justify="left" if column == "exercise" else "right", no_wrap=column == "exercise"
        )
    lost: defaultdict[str, list[float]] = defaultdict(list)
    for (exercise, _), share in verdicts.lost.items():
        lost[exercise].append(share)
    for e in assignment.exercises:
        if only and e.id not in only:
            continue
        tests = {test for test in verdicts.tests if test[0] == e.id}
        least = f"{min(lost[e.id]) * e.points:.2g}" if lost[e.id] else "-"
        killed = len(tests & verdicts.killed)
        used, seconds = verdicts.tolerance.get(e.id, 0.0), verdicts.exercise_seconds.get(e.id, 0.0)
        exercises.add_row(
            *(e.id, f"{e.points:g}", str(len(lost[e.id])), least, str(len(tests)), str(killed)),
            *(f"{used:.1%}", f"{seconds:.2f}"),
        )
    console.print(exercises)
    times = sorted(verdicts.reference_seconds)
    console.print(
        f"grading the reference: median {times[len(times) // 2]:.1f} CPU seconds, at most {times[-1]:.1f}"
    )
    for defect in verdicts.defects:
        console.print(f"[red]defect[/red] {escape(defect)}", soft_wrap=True)
    state = (
        "[green]holds[/green]" if not verdicts.defects else f"[red]has {len(verdicts.defects)} defects[/red]"
    )
    console.print(f"audit of {assignment.name} {state}")


_WHAT_HOLDS = {
    "reference": "full marks at every seed",
    "skeleton": "0 points",
    "misconception": "loses points, and is diagnosed as itself",
    "other seed": "the same at another seed",
    "alternative": "full marks at every seed, one of each exercise in a notebook",
    "beside": "full marks beside any misconception or alternative of other exercises",
}


def _chosen(assignment: Assignment, wanted: list[str] | None) -> frozenset[str] | None:
    known = [e.id for e in assignment.exercises]
    for exercise in wanted or ():
        if exercise not in known:
            raise CourseError(f"{assignment.name} has no exercise {exercise!r}; it has {', '.join(known)}")
    return frozenset(wanted) if wanted else None


def run_solved(path: Path, verdicts: Verdicts, console: Console) -> None:
    """Run the source notebook from the top; that it stops, or takes too long, is a defect."""
    start = time.perf_counter()
    try:
        execute(nbformat.read(path, as_version=4), path.parent, path.name, 2 * NOTEBOOK_SECONDS)
    except AuthoringError as error:
        verdicts.defects.append(str(error))
    seconds = time.perf_counter() - start
    if seconds > NOTEBOOK_SECONDS:
        verdicts.defects.append(f"the solved notebook takes {seconds:.0f} s")
    console.print(f"the solved notebook runs in {seconds:.0f} s (at most {NOTEBOOK_SECONDS:.0f} s)")


app = typer.Typer(add_completion=False)
app.command()(audit)
