"""`autograder audit ASSIGNMENT`: runs what the ledger lacks of an assignment's quality gate; prints what it found."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from autograder.audit.hint_records import hint_figures
from autograder.audit.judge import GRADING_SECONDS
from autograder.audit.ledger import Ledger
from autograder.audit.missing import missing
from autograder.audit.run import Audit, Wanted
from autograder.audit.solved import NOTEBOOK_SECONDS, check_solved
from autograder.audit.summary import summarise
from autograder.audit.trials import NotebookTemplate, Plan
from autograder.authoring.chapter import chapters
from autograder.authoring.missing import unwritten
from autograder.classroom.admission import workers
from autograder.classroom.options import JOBS_HELP, GradingOptions
from autograder.classroom.workplace import JailChoice, stated_assignment
from autograder.course import Course, CourseError
from autograder.grading.assignment import Assignment
from autograder.grading.pytest_session import slow_exercises
from autograder.jail.host.backends import choose
from autograder.jail.host.visibility import JailUnavailable

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
    jobs: Annotated[int, typer.Option(min=0, help=JOBS_HELP)] = 0,
    backend: Annotated[str | None, typer.Option(help="bubblewrap or landlock.")] = None,
    notebook: Annotated[bool, typer.Option(help="Hold the solved notebook to its time too.")] = True,
    check: Annotated[
        bool, typer.Option(help="As CI does: a light audit where the engine changed, and a sample run again.")
    ] = False,
    sample: Annotated[int, typer.Option(min=0, help="With --check: how many records are run again.")] = 24,
    hints: Annotated[
        bool, typer.Option(help="Measure how often hints are right, where the ledger does not know.")
    ] = False,
    again: Annotated[bool, typer.Option(help="Run everything, whatever the ledger holds.")] = False,
    right: Annotated[
        bool, typer.Option(help="Only what right solutions, and an untouched notebook, must come to.")
    ] = False,
) -> None:
    """Put an assignment through its quality gate: reference, skeleton, misconceptions, alternatives, seeds, budgets.

    What the ledger holds is not run again. It can be stopped at any moment and started again: it goes on.
    """
    console = Console()
    try:
        course = Course(Path.cwd())
        assignment = stated_assignment(course, name)
        only = _chosen(assignment, exercise)
        release = course.release / assignment.name / f"{assignment.notebook}.ipynb"
        source = course.source_notebook(assignment.name, assignment.notebook)
        plan = Plan(assignment, NotebookTemplate(source, release), seeds, slow_exercises(assignment.suite))
        wanted = Wanted(only, again, check, sample, _commit(course.root), right)
        audit = Audit(plan, Ledger(assignment.suite), named_jail(course, backend), jobs or workers(), wanted)
        lacks = list(missing(plan, source.parent / "test_public.py", only))
        lacks += [line for one in chapters(course.root) if one.id == name for line in unwritten(one, only)]
        _show(audit, console)
    except (CourseError, JailUnavailable) as error:
        console.print(f"[red]{escape(str(error))}[/red]", soft_wrap=True)
        raise typer.Exit(2) from None
    verdicts = audit.verdicts
    verdicts.defects += lacks
    if verdicts.reference_seconds > GRADING_SECONDS:
        verdicts.defects.append(f"grading the reference took {verdicts.reference_seconds:.0f} CPU seconds")
    if notebook and only is None:
        seconds, ran, wrong = check_solved(source, assignment.suite, audit.ledger, again)
        verdicts.defects += wrong
        how = "runs" if ran else "ran when it was recorded"
        console.print(
            f"the solved notebook {how} in {seconds:.0f} CPU seconds (at most {NOTEBOOK_SECONDS:.0f})"
        )
    if right:
        console.print(f"{name}: its misconceptions were not graded: `autograder audit {name}` does that")
    else:
        verdicts.defects += [f"no misconception fails {test}" for test in verdicts.survivors()]
    told = hint_figures(plan, audit.ledger, audit.machinery, only, hints)
    summarise(assignment, verdicts, audit.tally, seeds, console, only)
    console.print(told, soft_wrap=True)
    if verdicts.defects:
        raise typer.Exit(1)


def _show(audit: Audit, console: Console) -> None:
    """Run an audit with a bar, or with a line now and then where nobody sees one."""
    name = audit.plan.assignment.name
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task(f"auditing {name}", total=None)
        lines = 0

        def tell(done: int, total: int, defects: list[str]) -> None:
            nonlocal lines
            for defect in defects:
                progress.console.print(f"[red]defect[/red] {escape(defect)}", soft_wrap=True)
            progress.update(bar, completed=done, total=total)
            if not console.is_terminal and done // _LINE_EVERY > lines:
                lines = done // _LINE_EVERY
                console.print(f"{name}: {done} of {total} trials")

        audit.progress = tell
        audit.run()


def named_jail(course: Course, backend: str | None) -> JailChoice:
    """The jail to grade in, by its name: a record is of one.

    Raises:
        JailUnavailable: there is none.
    """
    choice = JailChoice.of(course)
    return JailChoice.of(
        course, GradingOptions(backend=choose(backend, private=choice.private, unsafe=False).name)
    )


def _commit(root: Path) -> str:
    """The hash of the commit that is checked out; nothing outside of git, where the sample is always the same."""
    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return found.stdout.strip()


def _chosen(assignment: Assignment, wanted: list[str] | None) -> frozenset[str] | None:
    known = [e.id for e in assignment.exercises]
    for exercise in wanted or ():
        if exercise not in known:
            raise CourseError(f"{assignment.name} has no exercise {exercise!r}; it has {', '.join(known)}")
    return frozenset(wanted) if wanted else None


app = typer.Typer(add_completion=False)
app.command()(audit)
