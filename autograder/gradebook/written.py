"""What a grader needs beside a written answer: its question, the model answer and the marks, from the source notebook.

They stand on formgrader's page alone. No page of a student's is made with this module, and no notebook is changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer

from autograder.course import Course
from autograder.gradebook.markup import harmless_markdown, rendered

_MARK = re.compile(r"\b(BEGIN|END) (SOLUTION|MARK SCHEME)\b")
"""nbgrader's own names of the regions that do not go to students."""

_TWO_COLUMNS = "display:flex;flex-wrap:wrap;gap:1em 2em"
_COLUMN = "flex:1 1 22em;min-width:0"
_KEY = f"{_COLUMN};border-left:3px solid #8a6d3b;padding-left:1em"
# A student's text may not have styles, so nothing that a student writes looks like the grader's column.


@dataclass(frozen=True)
class AnswerKey:
    """The question of a written answer, and what its author wrote for graders: model answer and marks. Markdown."""

    question: str
    key: str


def answer_key(source: Path, grade_id: str) -> AnswerKey | None:
    """The key of the answer cell of that id; None where the notebook cannot be read or has none.

    Args:
        source: the source notebook. What stands in the cell around the region is the question, else the text cell
            before it.
    """
    try:
        cells = json.loads(source.read_bytes())["cells"]
        place = next(i for i, cell in enumerate(cells) if _marks(cell).get("grade_id") == grade_id)
        around, key = _apart("".join(cells[place]["source"]))
        before = cells[place - 1] if place else {}
        if not around and before.get("cell_type") == "markdown" and not _marks(before).get("solution"):
            around = "".join(before["source"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError, StopIteration):
        return None
    return AnswerKey(around, key) if key else None


def answers_with_keys(root: Path) -> Callable[[Context, str], str]:
    """The filter `markdown2html` of the pages in which formgrader shows a submission.

    Args:
        root: the course folder.
    """
    course = Course(root)

    @pass_context
    def filter(context: Context, source: str) -> str:
        shown = harmless_markdown(context, source)
        cell, page = context.get("cell", {}), context.get("resources", {})
        marks = _marks(cell)
        if not (marks.get("grade") and marks.get("solution") and page.get("submission_id")):
            return shown
        notebook = course.source_notebook(page.get("assignment_id", ""), page.get("notebook_id", ""))
        key = answer_key(notebook, str(marks.get("grade_id")))
        return shown if key is None else _beside(shown, key)

    return filter


def _beside(answer: str, key: AnswerKey) -> str:
    question = f"<h4>Question</h4>{_html(key.question)}" if key.question else ""
    return (
        f'<div style="{_TWO_COLUMNS}"><div style="{_COLUMN}">{answer}</div>'
        f'<aside style="{_KEY}" aria-label="For the grader">{question}<h4>For the grader</h4>{_html(key.key)}</aside>'
        "</div>"
    )


def _html(markdown: str) -> str:
    return rendered(markdown, IPythonRenderer(escape=False, exclude_anchor_links=True))


def _apart(text: str) -> tuple[str, str]:
    """What stands around the regions of a cell that do not go to students, and what stands in them."""
    around: list[str] = []
    inside: list[str] = []
    place = around
    for line in text.splitlines():
        if mark := _MARK.search(line):
            place = inside if mark[1] == "BEGIN" else around
        else:
            place.append(line)
    return "\n".join(around).strip(), "\n".join(inside).strip()


def _marks(cell: Any) -> dict[str, Any]:
    marks = cell.get("metadata", {}).get("nbgrader", {})
    return dict(marks) if hasattr(marks, "keys") else {}
