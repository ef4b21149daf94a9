"""How a submitted notebook enters nbgrader: only what can be trusted of it, and never as an exception.

A file that is not a notebook becomes an empty one. `RestoreCells` then gives it its grade cells, and
`JailedGrade` says in them what was wrong, so the student reads it in the feedback and the instructor finds it
in the queue.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from traitlets import Bool
from traitlets.config import Application

from autograder.course import Course, CourseError, SubmissionError, read_notebook
from autograder.course.deadlines import read_deadlines
from autograder.course.lock import grading_lock
from autograder.gradebook.gradebook import void_grades
from autograder.gradebook.intake import settle
from autograder.grading.parse_notebook import parse

PATIENCE = 10.0
"""Seconds that formgrader's server, which answers nobody meanwhile, waits for another grader of the course."""

CELL_TYPES = ("code", "markdown", "raw")


def parse_notebook(document: bytes) -> NotebookNode:
    """A submitted notebook reduced to its cells' sources and grade ids, as nbformat 4.

    Outputs, metadata and everything else a student can write there are left behind, so no later step meets
    them. SubmissionError where the bytes are not a notebook.
    """
    parse(document)  # the grader's own reading decides what a notebook is, and names what is wrong
    cells = [part for cell in json.loads(document)["cells"] if (part := _trusted_part(cell)) is not None]
    # nbformat warns of each id that two cells have, which a student who copies a cell by hand makes.
    taken: set[str] = set()
    for index, cell in enumerate(cells):
        if not cell.id or cell.id in taken:
            cell.id = next(id for id in _ids_for(index) if id not in taken)
        taken.add(cell.id)
    return new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})


def _ids_for(index: int) -> Iterator[str]:
    yield f"cell-{index}"
    yield from (f"cell-{index}-{number}" for number in itertools.count(1))


class SubmissionExporter(NotebookExporter):
    """nbconvert's notebook exporter, except in how a submitted file is read.

    It also sees to it that a submission's old automatic scores are void before nbgrader touches it: whatever
    fails later, what then stands in the gradebook is "needs a grader", never the score of an earlier
    submission. And two graders of one course take turns, as two of ``autograder grade`` do.
    """

    take_turns = Bool(
        True, help="Wait for other graders of the course; false where the caller holds its lock."
    ).tag(config=True)

    # Between its steps a notebook is nbgrader's and ours; it is checked when it is read and when it is written.
    optimistic_validation = Bool(True).tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(self.parent, Autograde):
            hook = self.parent.pre_convert_hook
            self.parent.pre_convert_hook = functools.partial(_void_before_grading, self.parent, hook)
            if self.take_turns:
                convert = self.parent.convert_notebooks
                self.parent.convert_notebooks = functools.partial(_in_turn, self.parent, convert)

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[NotebookNode, dict[str, Any]]:
        submitted = self._submitted_folder()
        if submitted is None or not Path(filename).is_relative_to(submitted):
            return super().from_filename(filename, resources=resources, **kw)
        resources = self._init_resources(resources)
        resources["metadata"]["name"] = Path(filename).stem
        resources["metadata"]["path"] = str(Path(filename).parent)
        try:
            notebook = parse_notebook(read_notebook(Path(filename), submitted))
        except SubmissionError as error:
            self.log.warning("%s: %s", filename, error)
            notebook = new_notebook()
        return self.from_notebook_node(notebook, resources=resources, **kw)

    def _submitted_folder(self) -> Path | None:
        coursedir = getattr(self.parent, "coursedir", None)
        return None if coursedir is None else Path(coursedir.root) / coursedir.submitted_directory


def _in_turn(converter: Autograde, convert: Callable[[], None]) -> None:
    """Convert while no other grader writes into the course; a command waits, a server says who is at work."""
    patience = math.inf if isinstance(converter.parent, Application) else PATIENCE
    root = Path(converter.coursedir.root)
    try:
        read_deadlines(Course(root))  # a mistake there is told before a grade is touched
        with grading_lock(
            root,
            patience=patience,
            on_wait=lambda holder: converter.log.warning(
                "Waiting: this course is being graded by %s", holder
            ),
        ):
            _settle_all(converter)
            convert()
    except CourseError as error:
        converter.log.error(str(error))
        raise NbGraderException(str(error)) from None


def _settle_all(converter: Autograde) -> None:
    """Put each submission's notebook where nbgrader looks, as `autograder grade` does, and look again."""
    course, assignment = Course(Path(converter.coursedir.root)), converter.coursedir.assignment_id
    for folder in list(converter.assignments):
        settle(course, assignment, Path(folder).parent.name)
    converter.init_notebooks()


def _void_before_grading(
    converter: Autograde,
    inner: Callable[..., None] | None,
    *,
    assignment: str,
    student: str,
    notebooks: list[str],
) -> None:
    for filename in notebooks:
        submission = converter.init_single_notebook_resources(filename)["nbgrader"]
        void_grades(converter.coursedir.db_url, submission["assignment"], submission["student"])
    if inner is not None:
        inner(assignment=assignment, student=student, notebooks=notebooks)


def _trusted_part(cell: Any) -> NotebookNode | None:
    """Type, source, grade id and pasted pictures of one cell; None where it is not a cell."""
    kind = cell.get("cell_type") if isinstance(cell, dict) else None
    if not isinstance(kind, str) or kind not in CELL_TYPES:
        return None
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return None
    # Lone surrogates are legal in JSON and cannot be written back as UTF-8.
    source = source.encode("utf-8", "replace").decode("utf-8")
    # nbformat's makers check each cell against its schema, a fifth of a recording; the whole notebook is checked too.
    part = NotebookNode(id="", cell_type=kind, metadata=NotebookNode(), source=source)
    if kind == "code":
        part["execution_count"], part["outputs"] = None, []
    if isinstance(cell.get("id"), str) and cell["id"].replace("-", "").replace("_", "").isalnum():
        part.id = cell["id"].encode("ascii", "replace").decode().replace("?", "-")[:64]
    attachments = cell.get("attachments")
    if cell["cell_type"] == "markdown" and _are_pictures(attachments):
        part.attachments = nbformat.from_dict(attachments)
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = marks.get("grade_id") if isinstance(marks, dict) else None
    if isinstance(grade_id, str) and grade_id:
        part.metadata["nbgrader"] = NotebookNode(grade_id=grade_id)
    return part


def _are_pictures(attachments: Any) -> bool:
    return isinstance(attachments, dict) and all(
        isinstance(name, str)
        and isinstance(bundle, dict)
        and all(
            isinstance(kind, str) and kind.startswith("image/") and isinstance(data, str)
            for kind, data in bundle.items()
        )
        for name, bundle in attachments.items()
    )
