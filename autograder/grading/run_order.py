"""The cells of a submission that are run, their order, and where each exercise's tests may begin."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.grading.assignment import Assignment
from autograder.grading.parse_notebook import Cell


@dataclass(frozen=True)
class Step:
    """One cell to run. `exercise` is the exercise whose solution it is, if it is one."""

    label: str
    source: str
    exercise: str | None = None


@dataclass(frozen=True)
class RunOrder:
    """A submission made ready to run.

    Attributes:
        steps: the cells to run, in order.
        ready: how many steps must have run before an exercise's tests, by exercise id.
        notes: what was odd about the notebook, one sentence each.
    """

    steps: tuple[Step, ...]
    ready: dict[str, int]
    notes: tuple[str, ...]


def run_order(assignment: Assignment, submitted: tuple[Cell, ...]) -> RunOrder:
    """Decide what runs. Given cells come from the source notebook, demo cells do not run, solution cells and the
    student's own cells run as submitted, in the submitted order."""
    known = assignment.known
    cells = [cell for cell in submitted if cell.kind == "code"]
    present = {cell.grade_id for cell in submitted if cell.grade_id in known}
    notes = (
        [f"This is not the notebook of {assignment.name}: none of its cells is here."] if not present else []
    )
    steps: list[Step] = []
    runnable = {cell.grade_id for cell in cells}
    for cell in assignment.cells:
        if cell.role == "given" and cell.kind == "code" and cell.grade_id not in runnable:
            steps.append(Step(f"{cell.grade_id}", cell.source))
            if present:
                notes.append(f"The given cell `{cell.grade_id}` was missing or no code, and was put back.")
    seen: set[str] = set()
    graded: dict[str, int] = {}
    solved: dict[str, int] = {}
    for number, cell in enumerate(cells, start=1):
        master = known.get(cell.grade_id) if cell.grade_id else None
        if master is None:
            steps.append(Step(f"of your own, number {number}", cell.source))
            continue
        assert cell.grade_id is not None
        repeated, exercise = cell.grade_id in seen, assignment.exercise_of(cell.grade_id)
        seen.add(cell.grade_id)
        if repeated:
            notes.append(f"The cell `{cell.grade_id}` is there more than once.")
        if master.role == "given" and not repeated:
            steps.append(Step(cell.grade_id, master.source))
        elif master.role == "solution":
            steps.append(Step(cell.grade_id, cell.source, exercise))
            if exercise:
                solved[exercise] = len(steps)
        elif master.role == "grade":
            graded.setdefault(cell.grade_id, len(steps))
    ready = {}
    for id in (exercise.id for exercise in assignment.exercises):
        if id not in graded and present:
            notes.append(f"The check cell `{id}` was missing; the exercise was graded all the same.")
        ready[id] = max(graded.get(id, len(steps)), solved.get(id, 0))
    missing = [id for id, cell in known.items() if cell.role == "solution" and id not in seen]
    notes.extend(f"The solution cell `{id}` is missing." for id in missing if present)
    return RunOrder(tuple(steps), ready, tuple(notes))
