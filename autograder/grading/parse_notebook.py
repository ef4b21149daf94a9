"""A notebook reduced to what grading may trust of it: its cells' sources and their grade ids."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from autograder.course import SubmissionError

DEMO_TAG = "demo"
MOST_CODE = 1 << 20
"""Characters of code in a notebook, twenty times what a long assignment has: all of it is parsed by the grader."""
MOST_CELLS = 2000
"""Cells in a notebook."""
MOST_MARKS = 100_000
"""Marks in the text of a notebook, far more than a thesis has: each takes time where its page is made."""
_MARKS = re.compile(r"[$\\<>\[*_`|~&#\n]")


@dataclass(frozen=True)
class Cell:
    """One cell. `role` is solution, grade, given, demo, written or own (a cell nbgrader does not know)."""

    kind: str
    """code, markdown or raw. A solution cell is code, whatever it was turned into."""
    source: str
    grade_id: str | None = None
    role: str = "own"
    points: float = 0.0
    was: str = "code"
    """The kind that a solution cell has in the file."""


Submission = bytes | tuple[Cell, ...]
"""A submitted notebook: its file's bytes, or its cells where somebody has parsed them already."""


def cells_of(submission: Submission) -> tuple[Cell, ...]:
    """The submission's cells. SubmissionError where its bytes are no notebook."""
    return parse(submission) if isinstance(submission, bytes) else submission


def parse(document: bytes) -> tuple[Cell, ...]:
    """The cells of a notebook.

    Outputs, attachments and all other metadata are passed over, whatever they are.

    Raises:
        SubmissionError: the bytes are not a notebook of format 4, or of a size that nobody writes by hand.
    """
    try:
        content = json.loads(document.decode("utf-8"))
    except UnicodeDecodeError:
        raise SubmissionError("the file is not UTF-8 text, so it is no notebook") from None
    except (ValueError, RecursionError):
        empty = not document.strip()
        raise SubmissionError(
            "the file is empty" if empty else "the file is not JSON, so it is no notebook"
        ) from None
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise SubmissionError("the file is JSON but no notebook of format 4: save it with JupyterLab")
    cells = tuple(_cell(raw) for raw in content["cells"] if isinstance(raw, dict))
    code = [cell.source for cell in cells if cell.kind == "code"]
    if len(cells) > MOST_CELLS or sum(map(len, code)) > MOST_CODE:
        raise SubmissionError(
            f"the notebook has {len(cells):,} cells with {sum(map(len, code)):,} characters of code; at most "
            f"{MOST_CELLS:,} and {MOST_CODE:,} are graded"
        )
    marks = sum(marks_in(cell.source) for cell in cells if cell.kind != "code")
    if marks > MOST_MARKS:
        raise SubmissionError(
            f"the notebook's text has {marks:,} lines and marks such as * or $; at most {MOST_MARKS:,} are shown"
        )
    return cells


def marks_in(text: str) -> int:
    """How many characters of a text markdown may take for the beginning of something."""
    return sum(1 for _ in _MARKS.finditer(text))


def digest(cells: tuple[Cell, ...]) -> str:
    """SHA-256 over everything of the cells that grading reads: sources of code, ids and kinds."""
    is_code = [(cell, cell.kind == "code") for cell in cells]
    record = [
        [cell.grade_id, cell.source if code else None] for cell, code in is_code if code or cell.grade_id
    ]
    return hashlib.sha256(json.dumps(record, ensure_ascii=True).encode()).hexdigest()


def _cell(raw: dict[str, Any]) -> Cell:
    source = raw.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    kind = raw.get("cell_type")
    metadata = raw.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    marks = metadata.get("nbgrader")
    marks = marks if isinstance(marks, dict) else {}
    grade_id = marks.get("grade_id")
    points = marks.get("points", 0)
    kind = kind if kind in ("code", "markdown", "raw") else "raw"
    role = _role(kind, marks, metadata.get("tags"))
    return Cell(
        kind="code" if role == "solution" else kind,
        source=_encodable(source) if isinstance(source, str) else "",
        grade_id=grade_id if isinstance(grade_id, str) and grade_id else None,
        role=role,
        points=_number(points),
        was=kind if role == "solution" else "code",
    )


def _encodable(text: str) -> str:
    """JSON can hold half a surrogate pair, which no encoding can."""
    return text.encode("utf-8", errors="replace").decode()


def _number(value: object) -> float:
    try:
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0.0
    except OverflowError:
        return 0.0


def _role(kind: object, marks: dict[str, Any], tags: object) -> str:
    if isinstance(tags, list) and DEMO_TAG in tags:
        return "demo"
    grade, solution = marks.get("grade") is True, marks.get("solution") is True
    if grade:
        return "written" if solution or kind != "code" else "grade"
    if solution:
        return "solution"
    return "given" if marks.get("locked") is True else "own"
