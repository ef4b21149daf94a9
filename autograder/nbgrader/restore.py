"""Give a submitted notebook back the marks and cells that nbgrader needs, whatever the student did to
them."""

from __future__ import annotations

from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook, Notebook, SourceCell
from nbgrader.preprocessors import NbGraderPreprocessor

SCHEMA_VERSION = 3
MISSING_ANSWER = "*This cell was missing from the submission.*"


class RestoreCells(NbGraderPreprocessor):
    """Runs before nbgrader's own sanitizing steps, which then find nothing to fail on.

    Every cell's nbgrader metadata is written anew from the gradebook (flags flipped by hand make nbgrader
    abort), of several cells with one grade id the last keeps it (as nbgrader has it), a cell the assignment
    does not know loses its marks, and a missing grade cell comes back behind its predecessor.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        submission = resources["nbgrader"]
        with Gradebook(submission["db_url"]) as gradebook:
            assignment = gradebook.find_notebook(submission["notebook"], submission["assignment"])
            order = [cell.name for cell in assignment.source_cells]
            marks = {cell.name: marks_of(cell, assignment) for cell in assignment.source_cells}
            sources = {cell.name: (cell.cell_type, cell.source or "") for cell in assignment.source_cells}

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
            kind, source = sources[name]
            # The gradebook's text of an answer cell holds the mark scheme: it must not come back into a student's
            # page.
            source = source if marks[name]["locked"] else MISSING_ANSWER
            cell = new_code_cell(source) if kind == "code" else new_markdown_cell(source)
            cell.metadata["nbgrader"] = NotebookNode(marks[name])
            ordered.insert(_behind(ordered, order[:position]), cell)
            place[name] = -1
        nb.cells = ordered
        return nb, resources


def marks_of(cell: SourceCell, notebook: Notebook) -> dict[str, Any]:
    """The nbgrader metadata that the released notebook gave this cell."""
    points = {graded.name: graded.max_score for graded in (*notebook.grade_cells, *notebook.task_cells)}
    task = any(other.name == cell.name for other in notebook.task_cells)
    marks: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "grade_id": cell.name,
        "grade": cell.name in points and not task,
        "solution": any(other.name == cell.name for other in notebook.solution_cells),
        "task": task,
        "locked": bool(cell.locked),
        "cell_type": cell.cell_type,
    }
    if cell.checksum:
        marks["checksum"] = cell.checksum
    if cell.name in points:
        marks["points"] = points[cell.name]
    return marks


def _behind(cells: list[NotebookNode], earlier: list[str]) -> int:
    """Where a missing cell belongs: behind the nearest cell that precedes it in the assignment."""
    for name in reversed(earlier):
        for index, cell in enumerate(cells):
            if cell.metadata.get("nbgrader", {}).get("grade_id") == name:
                return index + 1
    return 0
