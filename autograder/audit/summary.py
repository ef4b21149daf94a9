"""An audit told: a table of what had to hold, a table of the exercises, the defects, the last line."""

from __future__ import annotations

from collections import defaultdict

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.audit.judge import Verdicts
from autograder.audit.run import Tally
from autograder.grading.assignment import Assignment

_WHAT_HOLDS = {
    "reference": "full marks at every seed",
    "skeleton": "0 points",
    "misconception": "loses points, and is diagnosed as itself, at two seeds",
    "alternative": "full marks at every seed",
    "beside": "full marks beside what it can see of another exercise's variants",
}


def summarise(
    assignment: Assignment,
    verdicts: Verdicts,
    tally: Tally,
    seeds: int,
    console: Console,
    only: frozenset[str] | None = None,
) -> None:
    """Print the audit's tables, its defects, where its trials came from, and the last line.

    Args:
        only: the exercises audited, None for all.
    """
    table = Table(title=f"audit of {assignment.name}, {seeds} seeds", title_justify="left")
    for column in ("trials", "what must hold", "held"):
        table.add_column(column, justify="right" if column == "held" else "left")
    for kind, what in _WHAT_HOLDS.items():
        held, count = verdicts.counts[kind]
        colour = "green" if held == count else "red"
        table.add_row(kind, what, f"[{colour}]{held}/{count}[/{colour}]")
    console.print(table)
    console.print(_exercises(assignment, verdicts, only))
    console.print(f"grading the reference: at most {verdicts.reference_seconds:.1f} CPU seconds")
    for defect in verdicts.defects:
        console.print(f"[red]defect[/red] {escape(defect)}", soft_wrap=True)
    console.print(f"{assignment.name}: {tally.told()}", soft_wrap=True)
    state = (
        "[green]holds[/green]" if not verdicts.defects else f"[red]has {len(verdicts.defects)} defects[/red]"
    )
    console.print(f"audit of {assignment.name} {state}")


def _exercises(assignment: Assignment, verdicts: Verdicts, only: frozenset[str] | None) -> Table:
    exercises = Table(title="exercises", title_justify="left")
    for column in (
        *("exercise", "points", "miscon.", "least\nlost", "tests", "killed"),
        *("toler.\nused", "CPU\nsec."),
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
            *(f"{used:.0%}", f"{seconds:.2f}"),
        )
    return exercises
