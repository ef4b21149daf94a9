"""Give a submitted notebook back the marks and cells that nbgrader needs, whatever the student did to
them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook, MissingEntry, Notebook
from nbgrader.preprocessors import NbGraderPreprocessor, OverwriteCells

SCHEMA_VERSION = 3
MISSING_ANSWER = "*This cell was missing from the submission.*"
KNOWN = "autograder_known"
"""Key in nbconvert's resources: the assignment's cells as the gradebook has them."""


@dataclass(frozen=True)
class KnownCell:
    """A cell as it was released; what `OverwriteCells` asks a gradebook's source cell and graded cell for."""

    name: str
    cell_type: str
    locked: bool
    source: str
    checksum: str | None
    max_score: float | None


class KnownCells:
    """Answers as a `Gradebook` does, from cells that were read together."""

    def __init__(self, notebook: Notebook) -> None:
        points = points_of(notebook)
        self.cells = {
            cell.name: KnownCell(
                cell.name,
                cell.cell_type,
                cell.locked,
                cell.source or "",
                cell.checksum,
                points.get(cell.name),
            )
            for cell in notebook.source_cells
        }

    def find_source_cell(self, name: str, notebook: str, assignment: str) -> KnownCell:
        if name not in self.cells:
            raise MissingEntry(f"No such source cell: {assignment}/{notebook}/{name}")
        return self.cells[name]

    def find_graded_cell(self, name: str, notebook: str, assignment: str) -> KnownCell:
        cell = self.find_source_cell(name, notebook, assignment)
        if cell.max_score is None:
            raise MissingEntry(f"No such grade cell: {assignment}/{notebook}/{name}")
        return cell


class RestoreCells(NbGraderPreprocessor):
    """Runs before nbgrader's own sanitizing steps, which then find nothing to fail on.

    Every cell's nbgrader metadata is written anew from the gradebook (flags flipped by hand make nbgrader
    abort), of several cells with one grade id the last keeps it (as nbgrader has it), a cell the assignment
    does not know loses its marks, and a missing grade cell comes back behind its predecessor. The kernel is the
    assignment's, as nbgrader's `OverwriteKernelspec` has it.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        submission = resources["nbgrader"]
        with Gradebook(submission["db_url"]) as gradebook:
            assignment = gradebook.find_notebook(submission["notebook"], submission["assignment"])
            submission[KNOWN] = known = KnownCells(assignment)
            marks = marks_of(assignment)
            if kernel := json.loads(assignment.kernelspec or "null"):
                nb.metadata["kernelspec"] = kernel
        order = list(marks)

        place: dict[str, int] = {}
        for index, cell in enumerate(nb.cells):
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            if grade_id in marks:
                place[grade_id] = index
        for index, cell in enumerate(nb.cells):
            grade_id = cell.metadata.pop("nbgrader", {}).get("grade_id")
            if place.get(grade_id) == index:
                cell.metadata["nbgrader"] = NotebookNode(marks[grade_id])

        ordered = list(nb.cells)
        for position, name in enumerate(order):
            if name in place or not (marks[name]["grade"] or marks[name]["task"]):
                continue
            # The gradebook's text of an answer cell holds the mark scheme: it must not come back into a student's
            # page.
            released = known.cells[name]
            source = released.source if released.locked else MISSING_ANSWER
            cell = new_code_cell(source) if released.cell_type == "code" else new_markdown_cell(source)
            cell.metadata["nbgrader"] = NotebookNode(marks[name])
            ordered.insert(_behind(ordered, order[:position]), cell)
            place[name] = -1
        nb.cells = ordered
        return nb, resources


class OverwriteKnownCells(OverwriteCells):
    """nbgrader's step that restores locked cells, without a query for each cell."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        submission = resources["nbgrader"]
        known = submission.pop(KNOWN, None)
        if known is None or self.add_missing_cells:
            return super().preprocess(nb, resources)
        self.notebook_id, self.assignment_id = submission["notebook"], submission["assignment"]
        self.gradebook = known
        return NbGraderPreprocessor.preprocess(self, nb, resources)


def points_of(notebook: Notebook) -> dict[str, float]:
    """Maximal score by grade id of the notebook's graded cells and tasks."""
    return {graded.name: graded.max_score for graded in (*notebook.grade_cells, *notebook.task_cells)}


def marks_of(notebook: Notebook) -> dict[str, dict[str, Any]]:
    """The nbgrader metadata that the released notebook gave its cells, by grade id."""
    points = points_of(notebook)
    tasks = {cell.name for cell in notebook.task_cells}
    solutions = {cell.name for cell in notebook.solution_cells}
    marks: dict[str, dict[str, Any]] = {}
    for cell in notebook.source_cells:
        marks[cell.name] = {
            "schema_version": SCHEMA_VERSION,
            "grade_id": cell.name,
            "grade": cell.name in points and cell.name not in tasks,
            "solution": cell.name in solutions,
            "task": cell.name in tasks,
            "locked": bool(cell.locked),
            "cell_type": cell.cell_type,
        }
        if cell.checksum:
            marks[cell.name]["checksum"] = cell.checksum
        if cell.name in points:
            marks[cell.name]["points"] = points[cell.name]
    return marks


def _behind(cells: list[NotebookNode], earlier: list[str]) -> int:
    """Where a missing cell belongs: behind the nearest cell that precedes it in the assignment."""
    for name in reversed(earlier):
        for index, cell in enumerate(cells):
            if cell.metadata.get("nbgrader", {}).get("grade_id") == name:
                return index + 1
    return 0
