"""Reading a student's notebook and running its definitions, without a kernel."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from selfcheck.cells import CellRunner, describe, quiet


class NotebookError(Exception):
    """The notebook cannot be found or read; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class Cell:
    """A code cell, or the place of a written answer.

    Attributes:
        number: position among all cells of the notebook, from 1, as a reader counts them.
        kind: "code" for plain definitions, "check" for a grade cell, "demo", "written".
        id: nbgrader's grade_id, or nothing. points: of a check or written cell.
    """

    number: int
    kind: str
    id: str
    source: str
    points: float = 0.0


@dataclass(frozen=True)
class Notebook:
    path: Path
    cells: tuple[Cell, ...]

    @property
    def exercises(self) -> dict[str, Cell]:
        """The machine-graded exercises by id, in the notebook's order."""
        return {cell.id: cell for cell in self.cells if cell.kind == "check"}

    @property
    def written(self) -> dict[str, Cell]:
        """The questions that are graded by hand, by id."""
        return {cell.id: cell for cell in self.cells if cell.kind == "written"}


def find_notebook(folder: Path) -> Path:
    """The only notebook in a folder. NotebookError where there is none, or more than one."""
    found = sorted(path for path in folder.glob("*.ipynb") if path.is_file())
    if not found:
        raise NotebookError(
            f"there is no notebook in {folder.resolve()}: go to the assignment's folder, or name it"
        )
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise NotebookError(
            f"there are {len(found)} notebooks in {folder.resolve()} ({names}): name the one you mean"
        )
    return found[0]


def read_notebook(path: Path) -> Notebook:
    """Parse a notebook of format 4. NotebookError where it is missing, damaged or no notebook."""
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise NotebookError(f"there is no file {path}") from None
    except OSError as error:
        raise NotebookError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise NotebookError(f"{path.name} is not a notebook: it is no UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise NotebookError(
            f"{path.name} is damaged: {error.msg} at line {error.lineno}; restore it from a checkpoint or a copy"
        ) from None
    if not isinstance(document, dict) or not isinstance(document.get("cells"), list):
        raise NotebookError(f"{path.name} is not a notebook of format 4: it has no list of cells")
    cells = [
        _cell(number, raw) for number, raw in enumerate(document["cells"], start=1) if isinstance(raw, dict)
    ]
    return Notebook(path, tuple(cell for cell in cells if cell is not None))


def _cell(number: int, raw: dict[str, Any]) -> Cell | None:
    metadata = raw.get("metadata") if isinstance(raw.get("metadata"), dict) else {}
    assert isinstance(metadata, dict)
    nbgrader = metadata.get("nbgrader") if isinstance(metadata.get("nbgrader"), dict) else {}
    assert isinstance(nbgrader, dict)
    source = raw.get("source", "")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    id, points = str(nbgrader.get("grade_id", "")), nbgrader.get("points", 0)
    value = float(points) if isinstance(points, int | float) else 0.0
    if nbgrader.get("grade") and nbgrader.get("solution"):
        return Cell(number, "written", id, text, value)
    if raw.get("cell_type") != "code":
        return None
    if nbgrader.get("grade"):
        return Cell(number, "check", id, text, value)
    tags = metadata.get("tags")
    return Cell(number, "demo" if isinstance(tags, list) and "demo" in tags else "code", id, text)


@dataclass
class NotebookRun:
    """A notebook's definitions, run in order as far as asked. Demo and check cells are not run.

    A cell that raises is noted in `errors` and the next one is run, as a student's Run All would not: what a later
    exercise needs is often there all the same.
    """

    notebook: Notebook
    errors: list[str] = field(default_factory=list)
    _runner: CellRunner | None = None
    _done: int = 0

    def up_to(self, exercise: str) -> dict[str, Any]:
        """The namespace as it is at that exercise's check cell. NotebookError where there is no such cell."""
        places = [
            i for i, cell in enumerate(self.notebook.cells) if cell.kind == "check" and cell.id == exercise
        ]
        if not places:
            raise NotebookError(f"{self.notebook.path.name} has no check cell of the exercise {exercise!r}")
        if self._runner is None or self._done > places[0]:
            self._restart()
        assert self._runner is not None
        for cell in self.notebook.cells[self._done : places[0]]:
            if cell.kind == "code":
                self._run(self._runner, cell)
        self._done = places[0]
        return self._runner.namespace

    def _restart(self) -> None:
        os.environ.setdefault("MPLBACKEND", "Agg")
        main = sys.modules["__main__"]
        with tempfile.TemporaryDirectory() as folder:
            self._runner = CellRunner(folder)
        sys.modules["__main__"] = main  # IPython puts its own there
        self.errors, self._done = [], 0

    def _run(self, runner: CellRunner, cell: Cell) -> None:
        with quiet():
            error = runner.run(cell.source, str(cell.number))
        if error is not None:
            told = describe(error)
            text = f"{told.types[0]}: {told.message}" if told.message else told.types[0]
            self.errors.append(f"{text} ({told.where or f'cell {cell.number}'})")
