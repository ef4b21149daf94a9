"""`selfcheck` in a terminal: the public tests of the whole notebook, as one table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from selfcheck.card import cut, says_more
from selfcheck.handin import Finding, asked_notebook, look
from selfcheck.notebook import Cell, Notebook, NotebookError, read_notebook

if TYPE_CHECKING:
    from selfcheck.run_tests import Outcome

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    notebook: Annotated[
        Path | None, typer.Argument(help="The notebook; the only one in this folder if not given.")
    ] = None,
    exercise: Annotated[
        str | None, typer.Option("-k", "--exercise", help="Check this exercise alone.")
    ] = None,
    hand_in: Annotated[
        bool, typer.Option("--hand-in", help="Only tell what would be wrong at hand-in; nothing is run.")
    ] = False,
) -> None:
    """Run a notebook's public tests and show what passes. Nothing is sent anywhere, nothing is changed.

    Exit code 0: all checks pass, or nothing is wrong for --hand-in; 1: some do not; 2: there is nothing that could be
    checked.
    """
    console = Console()
    try:
        path = asked_notebook(notebook or Path.cwd())
        findings = look(path) if hand_in or exercise is None else []
        if hand_in:
            _tell_hand_in(console, path, findings)
            return
        read = read_notebook(path)
        exercises = _selected(read, exercise)
        from selfcheck.run_tests import TestsError, run_tests  # after the quick errors: torch takes a second

        try:
            outcomes = run_tests(read.path.parent, notebook=read.path, exercise=exercise)
        except TestsError as error:
            raise NotebookError(str(error)) from None
    except NotebookError as error:
        Console(stderr=True).print(f"[red]selfcheck:[/red] {escape(str(error))}", highlight=False)
        raise typer.Exit(2) from None

    table = Table(title=escape(read.path.name), title_justify="left", show_lines=False)
    for heading, justify in (("exercise", "left"), ("checks", "right"), ("points", "right")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    table.add_column("what to look at", overflow="fold")
    passing = 0.0
    for id, cell in exercises.items():
        own = [outcome for outcome in outcomes if outcome.exercise == id]
        passed = sum(outcome.passed for outcome in own)
        passing += cell.points if own and passed == len(own) else 0.0
        table.add_row(escape(id), f"{passed}/{len(own)}", f"{cell.points:g}", _note(own))
    if exercise is None:
        for id, cell in read.written.items():
            table.add_row(escape(id), "", f"{cell.points:g}", "graded by hand")
    console.print(table)
    console.print(_summary(passing, list(exercises.values()), read if exercise is None else None))
    for finding in findings:
        if finding.costs:
            console.print(f"[red]before you hand in:[/red] {escape(finding.text)}", soft_wrap=True)
    if not all(outcome.passed for outcome in outcomes):
        raise typer.Exit(1)


def _note(outcomes: Sequence[Outcome]) -> str:
    """What to look at in one exercise, as rich's markup: each failure that the check cell's card shows."""
    failed = [outcome for outcome in outcomes if outcome.ran and not outcome.passed]
    if not outcomes:
        return "no public tests"
    if not failed:
        return "[green]all pass[/green]"
    if all(outcome.unwritten for outcome in failed):
        return "[yellow]not written yet[/yellow]"
    lines = []
    for outcome in failed:
        colour = "yellow" if outcome.unwritten else "red"
        lines.append(f"[{colour}]{escape(outcome.statement)}[/{colour}]")
        told = cut(" ".join(outcome.message.split())) if says_more(outcome) else "not written yet"
        lines.append(escape(" ".join(f"{told} {outcome.hint}".split())))
    if waiting := sum(not outcome.ran for outcome in outcomes):
        lines.append(f"[dim]{waiting} not run, since a step above has to pass first[/dim]")
    return "\n".join(lines)


def _tell_hand_in(console: Console, path: Path, findings: Sequence[Finding]) -> None:
    """A line for each finding and one for the file. Exit: code 1 where something may cost points."""
    saved = datetime.fromtimestamp(path.stat().st_mtime).strftime("%Y-%m-%d %H:%M")
    console.print(escape(f"{path.name}, as it was saved on {saved}:"), soft_wrap=True)
    for finding in findings:
        mark = "[red]x[/red]" if finding.costs else "[yellow]o[/yellow]"
        console.print(f"  {mark} {escape(finding.text)}", soft_wrap=True)
    costly = sum(finding.costs for finding in findings)
    if costly:
        console.print(f"mend {'this' if costly == 1 else f'these {costly}'} before you hand in")
        raise typer.Exit(1)
    console.print("ready to be handed in")


def _selected(notebook: Notebook, exercise: str | None) -> dict[str, Cell]:
    exercises = notebook.exercises
    if not exercises:
        raise NotebookError(f"{notebook.path.name} has no check cells: is it an assignment's notebook?")
    if exercise is None:
        return exercises
    if exercise not in exercises:
        raise NotebookError(f"there is no exercise {exercise!r}; there are {', '.join(exercises)}")
    return {exercise: exercises[exercise]}


def _summary(passing: float, checked: Sequence[Cell], whole: Notebook | None) -> str:
    """The table's words about points: those in reach, and why none is certain yet."""
    points = sum(cell.points for cell in checked)
    text = f"in reach: {passing:g} of {points:g} points, those of the exercises whose public checks all pass"
    if whole is not None and whole.written:
        text += f"; {sum(cell.points for cell in whole.written.values()):g} more are graded by hand"
    return (
        f"{text}.\ncertain:  none before grading, which asks the same properties of inputs you have not seen."
    )


if __name__ == "__main__":
    app()
