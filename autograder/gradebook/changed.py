"""An assignment whose cells change while a class is at work: its grades are kept, and what changes is said.

nbgrader refuses to generate an assignment anew once it has submissions and a cell was added or removed, and by then has
deleted its release. Here an added cell gets a place in every submission's grades, and a removed one keeps its grades.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.api import Comment, Grade, Gradebook, MissingEntry, Notebook, SubmittedNotebook
from nbgrader.preprocessors import SaveCells

from autograder.course import Course
from autograder.gradebook.cells import marked_cells
from autograder.gradebook.restore import points_of


@dataclass(frozen=True)
class Changes:
    """Grade cells in the source notebooks and in the gradebook.

    Attributes:
        added: points of cells that the source alone has, by name. gone: the same of those that the gradebook alone has.
        revalued: points in the gradebook and in the source, where these differ.
    """

    added: dict[str, float]
    gone: dict[str, float]
    revalued: dict[str, tuple[float, float]]

    def lines(self, assignment: str) -> list[str]:
        """What differs and what to do about it, a sentence or two for each kind."""
        again = f"`nbgrader generate_assignment {assignment} --force`"
        said = []
        if self.added:
            said.append(
                f"source/ has what the gradebook has not: {_named(self.added)}. {again} enters it and keeps every "
                "grade; until then it is not graded"
            )
        if self.revalued:
            told = ", ".join(f"`{name}` {old:g} and {new:g}" for name, (old, new) in self.revalued.items())
            said.append(
                f"points in the gradebook and in source/ differ: {told}. {again} takes those of source/"
            )
        if self.gone:
            said.append(
                f"the gradebook has what source/ no longer has: {_named(self.gone)}. Grades given by hand stay, "
                "and the rest waits for you. Put the cell back into source/, with 0 points where it is not to count"
            )
        return said


def changes_of(course: Course, assignment: str, db_url: str) -> Changes:
    """How the source notebooks differ from what the gradebook knows; nothing where it has not the assignment."""
    source = {
        cell.grade_id: float(cell.marks.get("points", 0))
        for cell in marked_cells(course.source / assignment)
        if cell.marks.get("grade") or cell.marks.get("task")
    }
    with Gradebook(db_url) as gradebook:
        try:
            notebooks = gradebook.find_assignment(assignment).notebooks
        except MissingEntry:
            return Changes({}, {}, {})
        known = {name: points for notebook in notebooks for name, points in points_of(notebook).items()}
    return Changes(
        {name: points for name, points in source.items() if name not in known},
        {name: points for name, points in known.items() if name not in source},
        {
            name: (known[name], source[name])
            for name in source
            if known.get(name, source[name]) != source[name]
        },
    )


class KeepGrades(SaveCells):
    """nbgrader's step that enters a notebook's cells, also where it has submissions already."""

    def _create_notebook(self, nb: NotebookNode) -> None:
        try:
            notebook = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
        except MissingEntry:
            notebook = None
        if notebook is None or not notebook.submissions:
            super()._create_notebook(nb)
            return
        before = points_of(notebook)
        names = self.notebook_id, self.assignment_id
        for cells, save in (
            (self.new_grade_cells, self.gradebook.update_or_create_grade_cell),
            (self.new_solution_cells, self.gradebook.update_or_create_solution_cell),
            (self.new_task_cells, self.gradebook.update_or_create_task_cell),
            (self.new_source_cells, self.gradebook.update_or_create_source_cell),
        ):
            for name, info in cells.items():
                save(name, *names, **info)
        self._forget_given_cells(notebook)
        session = self.gradebook.db
        with session.no_autoflush:
            for submitted in notebook.submissions:
                session.add_all(_lacking(notebook, submitted))
        session.commit()
        self._tell(notebook, before)

    def _forget_given_cells(self, notebook: Notebook) -> None:
        """Drop the text of cells that are gone and that no grade and no comment hangs on."""
        graded = {
            cell.name for cell in (*notebook.grade_cells, *notebook.solution_cells, *notebook.task_cells)
        }
        for cell in list(notebook.source_cells):
            if cell.name not in self.new_source_cells and cell.name not in graded:
                self.gradebook.db.delete(cell)

    def _tell(self, notebook: Notebook, before: dict[str, float]) -> None:
        now = points_of(notebook)
        kept = {name: points for name, points in now.items() if name not in self._graded_now()}
        added = {name: points for name, points in now.items() if name not in before}
        revalued = [
            f"`{name}` from {before[name]:g} to {points:g}"
            for name, points in now.items()
            if before.get(name, points) != points
        ]
        count = len(notebook.submissions)
        if added:
            self.log.warning(
                "Added to %s, and to the grades of its %d submissions: %s. Every grade is kept. Who handed in before "
                "has no such cell: it is graded at the next grading, and a person can give its points by hand.",
                self.notebook_id,
                count,
                _named(added),
            )
        if revalued:
            self.log.warning(
                "Points of %s change: %s; grade it again.", self.notebook_id, ", ".join(revalued)
            )
        if kept:
            self.log.error(
                "No longer in %s: %s. The gradebook keeps the cell with the grades of %d submissions, and its points "
                "count. Put it back, with 0 points where it is not to count.",
                self.notebook_id,
                _named(kept),
                count,
            )

    def _graded_now(self) -> set[str]:
        return {*self.new_grade_cells, *self.new_task_cells}


def _lacking(notebook: Notebook, submitted: SubmittedNotebook) -> list[Grade | Comment]:
    """The grades and comments that a submission lacks, as nbgrader makes them; a new grade waits."""
    graded = {grade.cell_id for grade in submitted.grades}
    commented = {comment.cell_id for comment in submitted.comments}
    return [
        *(
            Grade(cell_id=cell.id, notebook_id=submitted.id, needs_manual_grade=True)
            for cell in (*notebook.grade_cells, *notebook.task_cells)
            if cell.id not in graded
        ),
        *(
            Comment(cell_id=cell.id, notebook_id=submitted.id)
            for cell in (*notebook.solution_cells, *notebook.task_cells)
            if cell.id not in commented
        ),
    ]


def _named(cells: dict[str, Any]) -> str:
    return ", ".join(f"`{name}` ({points:g} points)" for name, points in cells.items())
