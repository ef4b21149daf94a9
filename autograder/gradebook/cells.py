"""The marked cells of the notebooks in one of the course's own folders, read without nbgrader."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class MarkedCell:
    """A cell that nbgrader knows."""

    grade_id: str
    marks: dict[str, Any]
    source: str
    text: str
    """What its outputs say."""


def marked_cells(folder: Path, notebook: str = "") -> Iterator[MarkedCell]:
    """The cells with a grade id, notebook by notebook in the order of names; what cannot be read is left out.

    Args:
        notebook: this one alone, by its name without the ending.
    """
    for path in [folder / f"{notebook}.ipynb"] if notebook else sorted(folder.glob("*.ipynb")):
        try:
            cells = [_marked(one) for one in json.loads(path.read_bytes())["cells"]]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
        yield from (one for one in cells if one is not None)


def _marked(cell: dict[str, Any]) -> MarkedCell | None:
    marks = cell["metadata"].get("nbgrader", {})
    if not marks.get("grade_id"):
        return None
    said = [output["text"] for output in cell.get("outputs", ()) if "text" in output]
    return MarkedCell(
        str(marks["grade_id"]), marks, "".join(cell.get("source", "")), "".join(map("".join, said))
    )
