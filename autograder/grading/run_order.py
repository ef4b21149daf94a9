"""The cells of a submission that are run, their order, and where each exercise's tests may begin."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.grading.assignment import Assignment
from autograder.grading.parse_notebook import Cell

NOT_WRITTEN = "raise NotImplementedError"
"""In a solution cell as it is released."""


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
    student's own cells run as submitted, in the submitted order.

    Of a solution cell that is there more than once, as where somebody split it or pasted it again, the written ones
    before the check run; one that is as it was released, or that comes after the check, runs only where there is no
    such one."""
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
    idle = _idle_copies(assignment, cells)
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
        elif number in idle:
            notes.append(
                f"One copy of `{cell.grade_id}` was left out: it is not written, or it comes after its check."
            )
        elif master.role == "solution":
            if cell.was != "code":
                notes.append(
                    f"The solution cell `{cell.grade_id}` is {cell.was} in the file; it ran as code."
                )
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


def _idle_copies(assignment: Assignment, cells: list[Cell]) -> set[int]:
    """Numbers, from 1, of the copies of solution cells that do not run."""
    copies: dict[str, list[int]] = {}
    checks: dict[str, int] = {}
    for number, cell in enumerate(cells, start=1):
        master = assignment.known.get(cell.grade_id or "")
        if master is not None and master.grade_id and master.role == "solution":
            copies.setdefault(master.grade_id, []).append(number)
        elif master is not None and master.grade_id and master.role == "grade":
            checks.setdefault(master.grade_id, number)
    idle: set[int] = set()
    for grade_id, numbers in copies.items():
        check = checks.get(assignment.exercise_of(grade_id) or "", len(cells) + 1)
        written = [number for number in numbers if NOT_WRITTEN not in cells[number - 1].source] or numbers
        running = [number for number in written if number < check] or written
        idle.update(set(numbers) - set(running))
    return idle
