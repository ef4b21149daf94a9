"""The timing course: one small torch assignment, and any number of distinct correct submissions of it."""

from __future__ import annotations

import functools
import itertools
import shutil
from pathlib import Path

import jupytext
import nbformat

from autograder.course import Course

ASSIGNMENT = "timing"
NOTEBOOK = "bench"
ROOM = Path(__file__).parent / "assignment"
TEXT, SUITE = ROOM / f"{NOTEBOOK}.py", ROOM / "suite"

CONFIG = """from pathlib import Path

from autograder.gradebook import configure

configure(get_config(), root=Path(__file__).parent)
"""

STOCK_CONFIG = """from pathlib import Path

c = get_config()
c.CourseDirectory.root = str(Path(__file__).parent)
"""

_serial = itertools.count(1)


def make_course(root: Path, *, jailed: bool) -> Course:
    """source/, hidden suite and nbgrader_config.py of the timing course; ``jailed`` or with nbgrader's own executor."""
    course = Course(root)
    folder = course.source / ASSIGNMENT
    folder.mkdir(parents=True)
    nbformat.write(_notebook(), folder / f"{NOTEBOOK}.ipynb")
    shutil.copytree(SUITE, course.suites / ASSIGNMENT, ignore=shutil.ignore_patterns("__pycache__"))
    (course.root / "nbgrader_config.py").write_text(CONFIG if jailed else STOCK_CONFIG)
    return course


def submit_copies(course: Course, count: int) -> list[str]:
    """Correct submissions by new students, no two alike in bytes, so that no stored result answers for
    another."""
    students, template = [], _template()
    for _ in range(count):
        student = f"student{next(_serial):05}"
        folder = course.submission_folder(student, ASSIGNMENT)
        folder.mkdir(parents=True)
        (folder / f"{NOTEBOOK}.ipynb").write_text(template.replace(_SOMEBODY, student), encoding="utf-8")
        students.append(student)
    return students


_SOMEBODY = "somebody"


@functools.cache
def _template() -> str:
    """A correct submission as JSON, with `_SOMEBODY` in each solution."""
    notebook = _notebook()
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source += f"\n# written by {_SOMEBODY}"
    text: str = nbformat.writes(notebook)
    return text


def _notebook() -> nbformat.NotebookNode:
    """The solved notebook; the text's short cell marks (``solution="x"``, ``grade="x" points=4``) in nbgrader's
    words."""
    notebook = jupytext.read(TEXT)
    for cell in notebook.cells:
        kind = next((name for name in ("given", "solution", "grade") if name in cell.metadata), None)
        if kind is None:
            continue
        marks = {"schema_version": 3, "grade_id": cell.metadata[kind], "task": False}
        marks |= {"grade": kind == "grade", "solution": kind == "solution", "locked": kind != "solution"}
        if kind == "grade":
            marks["points"] = cell.metadata["points"]
        cell.metadata = nbformat.from_dict({"nbgrader": marks})
    return notebook


def solved_source() -> list[str]:
    """The code cells of the solved notebook, checks included."""
    return [cell.source for cell in _notebook().cells if cell.cell_type == "code"]
