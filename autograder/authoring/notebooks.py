"""Percent text to notebook and back. The same text always gives the same bytes."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from autograder.authoring.chapter import AuthoringError

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}

_CELL_START = re.compile(r"^# %%", re.MULTILINE)
_KEPT_METADATA = ("nbgrader", "tags", "jupyter")  # jupyter: which cells are shown folded
RUN_ON = "raises-exception"
"""Jupyter's tag of a cell after whose exception Run All goes on. Checks and figures get it: a student who is stuck with
an exercise goes on to the next."""
_CHECK_IMPORT = "from selfcheck import check\n\n"
"""A check cell begins with it, so that one that is run in a new kernel can say what to do first."""


def from_text(text: str) -> NotebookNode:
    """The notebook of a percent text: ids derived from grade_ids, no outputs, no trace of where it was made.

    Checks and demo cells get what authors need not type: the tag that lets Run All go on, and a check its import.

    Raises:
        AuthoringError: where a part of the text belongs to no cell, or two cells have one id.
    """
    read = jupytext.reads(text, fmt="py:percent")
    if len(read.cells) != len(chunks(text)[1]):
        raise AuthoringError("there is text, or more than one blank line, before the first `# %%`: remove it")
    cells = []
    anchor, since = "top", 0
    for cell in read.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id:
            anchor, since = str(grade_id), 0
            id = anchor
        else:
            since += 1
            id = f"{anchor}-{since}"
        metadata = {key: cell.metadata[key] for key in _KEPT_METADATA if key in cell.metadata}
        fresh = {
            "cell_type": cell.cell_type,
            "id": _valid_id(id),
            "metadata": metadata,
            "source": cell.source,
        }
        if cell.cell_type == "code":
            fresh |= {"execution_count": None, "outputs": []}
        cells.append(_furnished(NotebookNode(fresh)))
    _check_ids(cells)
    notebook = new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})
    notebook.nbformat_minor = 5
    nbformat.validate(notebook)
    return notebook


def to_bytes(notebook: NotebookNode) -> bytes:
    return (json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def digest(notebook: NotebookNode) -> str:
    """SHA-256 of what an author can edit in a notebook: cells, their kinds, sources and marks, and no outputs."""
    return hashlib.sha256(json.dumps([_content(cell) for cell in notebook.cells]).encode()).hexdigest()


def to_text(notebook: NotebookNode, before: str) -> str:
    """The percent text of an edited notebook; cells that did not change keep their lines of `before`.

    Raises:
        AuthoringError: where the text would not give that notebook back.
    """
    header, parts_before = chunks(before)
    old = jupytext.reads(before, fmt="py:percent").cells
    if len(old) != len(parts_before):
        raise AuthoringError(f"the text has {len(parts_before)} cell marks but {len(old)} cells")
    new = list(notebook.cells)
    matcher = difflib.SequenceMatcher(None, _keys(old), _keys(new), autojunk=False)
    parts: list[str] = []
    for tag, start, stop, first, last in matcher.get_opcodes():
        if tag == "equal":
            parts += parts_before[start:stop]
        else:
            parts += [_rendered(cell) for cell in new[first:last]]
    text = header + "".join(part.rstrip("\n") + "\n\n" for part in parts).rstrip("\n") + "\n"
    if _keys(jupytext.reads(text, fmt="py:percent").cells) != _keys(new):
        raise AuthoringError("the notebook holds something that percent text cannot: edit the text by hand")
    return text


def _is_check(cell: NotebookNode) -> bool:
    marks = cell.metadata.get("nbgrader", {})
    return cell.cell_type == "code" and bool(marks.get("grade")) and not marks.get("solution")


def _furnished(cell: NotebookNode) -> NotebookNode:
    """A cell with what a notebook needs and a text does not say."""
    tags = list(cell.metadata.get("tags", []))
    if _is_check(cell) and not cell.source.startswith(_CHECK_IMPORT):
        cell.source = _CHECK_IMPORT + cell.source
    if (_is_check(cell) or "demo" in tags) and RUN_ON not in tags:
        cell.metadata["tags"] = [*tags, RUN_ON]
    return cell


def _content(cell: NotebookNode) -> list[Any]:
    """What an author writes of a cell, without what it is furnished with."""
    marks = {key: cell.metadata[key] for key in _KEPT_METADATA if cell.metadata.get(key)}
    tags = [tag for tag in marks.pop("tags", []) if tag != RUN_ON]
    if tags:
        marks["tags"] = tags
    source = cell.source.removeprefix(_CHECK_IMPORT) if _is_check(cell) else cell.source
    nbgrader = dict(marks.get("nbgrader", {}))
    nbgrader.pop("cell_type", None)  # nbgrader's JupyterLab extension notes it; it says nothing new
    nbgrader.pop("checksum", None)
    if nbgrader:
        marks["nbgrader"] = dict(sorted(nbgrader.items()))
    return [cell.cell_type, source.rstrip("\n"), {key: marks[key] for key in _KEPT_METADATA if key in marks}]


def _keys(cells: Sequence[NotebookNode]) -> list[str]:
    return [json.dumps(_content(cell), sort_keys=True) for cell in cells]


def chunks(text: str) -> tuple[str, list[str]]:
    """A percent text's header and its cells' lines."""
    starts = [match.start() for match in _CELL_START.finditer(text)]
    if not starts:
        return text, []
    ends = [*starts[1:], len(text)]
    return text[: starts[0]], [text[start:end] for start, end in zip(starts, ends, strict=True)]


def _rendered(cell: NotebookNode) -> str:
    """One cell as percent text."""
    kind, source, marks = _content(cell)
    bare = NotebookNode(cell_type=kind, id="x", metadata=marks, source=source)
    if kind == "code":
        bare |= {"execution_count": None, "outputs": []}
    lone = new_notebook(cells=[bare], metadata={"kernelspec": KERNEL})
    return chunks(jupytext.writes(lone, fmt="py:percent"))[1][0]


def _valid_id(id: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_-]", "-", id)[:64]


def _check_ids(cells: Sequence[NotebookNode]) -> None:
    seen: set[str] = set()
    for cell in cells:
        if cell.id in seen:
            raise AuthoringError(f"two cells have the grade_id {cell.id!r}")
        seen.add(cell.id)
