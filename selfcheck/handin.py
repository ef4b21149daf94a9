"""What would go wrong with a notebook at hand-in: its name, its cells, code that stands elsewhere. Nothing is run."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selfcheck.notebook import NotebookError, find_notebook, read_notebook

CELLS = "cells.json"
"""The file beside the public tests that says how the notebook is called and which cells it was handed out with."""
MOST_MEBIBYTES = 64
"""A larger notebook is not graded."""
STUB = "raise NotImplementedError"
NO_ANSWER = "YOUR ANSWER HERE"
_ROLES = {"solution": "solution cell", "check": "check cell", "given": "given cell", "written": "answer cell"}


@dataclass(frozen=True)
class Finding:
    """One thing to know before hand-in. `costs` tells whether it may cost points."""

    text: str
    costs: bool


@dataclass(frozen=True)
class HandedOut:
    """A cell as it was handed out.

    Attributes:
        role: "solution", "check", "given" or "written". type: "code" or "markdown".
        text: the digest of the source of a cell that is not to be changed, else nothing.
    """

    role: str
    type: str
    text: str = ""


@dataclass(frozen=True)
class _Cell:
    """A cell of the student's notebook; `number` counts all cells from 1, as a reader does."""

    number: int
    type: str
    role: str
    id: str
    source: str


def handed_out(notebook: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The cells of a notebook by grade id, as `CELLS` holds them for one notebook; cells of figures are left out.

    Args:
        notebook: the document of a source notebook.
    """
    told: dict[str, dict[str, str]] = {}
    for cell in _cells(notebook):
        if cell.id and cell.role in _ROLES:
            fixed = {"text": text_digest(cell.source)} if cell.role in ("given", "check") else {}
            told[cell.id] = {"role": cell.role, "type": cell.type, **fixed}
    return told


def text_digest(source: str) -> str:
    """A digest of a source that passes over white space at the ends of lines."""
    lines = [line.rstrip() for line in source.strip().splitlines()]
    return hashlib.sha256("\n".join(lines).encode(errors="replace")).hexdigest()[:12]


def asked_notebook(given: Path) -> Path:
    """The notebook that is meant: a file, or a folder's notebook of the asked name, or its only one.

    Raises:
        NotebookError: there is none, or several can be meant.
    """
    if not given.is_dir():
        return given
    there = [given / name for name in _read_cells(given) if (given / name).is_file()]
    return there[0] if len(there) == 1 else find_notebook(given)


def look(path: Path) -> list[Finding]:
    """Everything about a notebook that its student should know before hand-in; what costs most comes first.

    Raises:
        NotebookError: the file is missing, or not a notebook.
    """
    read_notebook(path)  # which names what is wrong with the file
    document = json.loads(path.read_text(encoding="utf-8-sig"))
    cells, folder = list(_cells(document)), path.parent
    told = _read_cells(folder)
    name, expected = _meant(path, cells, told)
    found = [
        *_about_file(path, name, told),
        *_about_cells(cells, expected),
        *_about_code(cells, folder, {*told, CELLS}),
        *_to_do(cells),
    ]
    return sorted(dict.fromkeys(found), key=lambda finding: not finding.costs)


def _cells(document: Mapping[str, Any]) -> Iterator[_Cell]:
    for number, raw in enumerate(document.get("cells", ()), start=1):
        if not isinstance(raw, dict):
            continue
        metadata = raw.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        marks = metadata.get("nbgrader")
        marks = marks if isinstance(marks, dict) else {}
        tags = metadata.get("tags")
        source = raw.get("source", "")
        text = "".join(map(str, source)) if isinstance(source, list) else str(source)
        role = _role(marks, tags if isinstance(tags, list) else [])
        yield _Cell(number, str(raw.get("cell_type")), role, str(marks.get("grade_id") or ""), text)


def _role(marks: Mapping[str, Any], tags: Sequence[object]) -> str:
    if "demo" in tags:
        return "demo"
    if marks.get("grade"):
        return "written" if marks.get("solution") else "check"
    if marks.get("solution"):
        return "solution"
    return "given" if marks.get("locked") else "own"


def _read_cells(folder: Path) -> dict[str, dict[str, HandedOut]]:
    """What was handed out, by the notebook's name; nothing where the file is not there or is not as it was made."""
    try:
        told = json.loads((folder / CELLS).read_text(encoding="utf-8"))
        return {
            str(name): {str(id): HandedOut(**cell) for id, cell in cells.items()}
            for name, cells in told.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _meant(
    path: Path, cells: Sequence[_Cell], told: Mapping[str, Mapping[str, HandedOut]]
) -> tuple[str, Mapping[str, HandedOut]]:
    """The name that was asked for, and the cells of that notebook: the one that shares most ids with this one."""
    if path.name in told or not told:
        return path.name, told.get(path.name, {})
    ids = {cell.id for cell in cells}
    name = max(told, key=lambda one: len(ids & told[one].keys()))
    if not ids & told[name].keys():
        raise NotebookError(f"{path.name} has none of the cells of {name}: is it another assignment's?")
    return name, told[name]


def _about_file(path: Path, name: str, told: Mapping[str, object]) -> Iterator[Finding]:
    if path.stat().st_size > MOST_MEBIBYTES << 20:
        yield Finding(
            f"the file has {path.stat().st_size >> 20} MiB, and {MOST_MEBIBYTES} are read: clear its outputs "
            "(Edit, Clear Outputs of All Cells) and save it",
            True,
        )
    if path.name != name and (path.parent / name).is_file():
        yield Finding(f"{name} lies beside {path.name}: hand in one of them, as {name}", True)
    elif path.name != name:
        yield Finding(f"{path.name} is to be called {name}: rename it", False)
    others = [one.name for one in sorted(path.parent.glob("*.ipynb")) if one.name not in (path.name, *told)]
    if others and path.name == name:
        yield Finding(f"graded is {name} alone, and not {', '.join(others)} beside it", False)


def _about_cells(cells: Sequence[_Cell], expected: Mapping[str, HandedOut]) -> Iterator[Finding]:
    places: dict[str, list[_Cell]] = {}
    for cell in cells:
        if cell.id:
            places.setdefault(cell.id, []).append(cell)
    if not expected:  # then what the cells say of themselves
        expected = {
            id: HandedOut(own[0].role, "markdown" if own[0].role == "written" else "code")
            for id, own in places.items()
            if own[0].role in _ROLES
        }
    for id, asked in expected.items():
        what = f"the {_ROLES.get(asked.role, 'cell')} `{id}`"
        found = places.get(id, [])
        if not found:
            yield _missing(what, asked.role)
        elif len(found) > 1:
            numbers = ", ".join(str(one.number) for one in found)
            yield Finding(
                f"{what} is there {len(found)} times (cells {numbers}): put what you mean into one", True
            )
        elif found[0].type != asked.type:
            yield _another_type(what, asked, found[0].number)
        elif asked.text and asked.text != text_digest(found[0].source):
            yield Finding(
                f"{what} was changed (cell {found[0].number}): it is graded as it was handed out",
                asked.role == "given",
            )


def _missing(what: str, role: str) -> Finding:
    if role == "solution":
        return Finding(f"{what} is missing: take it from the notebook that you were given", True)
    if role == "written":
        return Finding(f"{what} is missing, and with it your answer: take it from the notebook", True)
    return Finding(f"{what} is missing: the grader puts it back", False)


def _another_type(what: str, cell: HandedOut, number: int) -> Finding:
    key, is_now = (
        ("Y", "text and is not run") if cell.type == "code" else ("M", "code and is not read as text")
    )
    return Finding(
        f"{what} (cell {number}) has become {is_now}: click it, press Esc and then {key}",
        cell.role in ("solution", "written"),
    )


def _about_code(cells: Sequence[_Cell], folder: Path, released: set[str]) -> Iterator[Finding]:
    """Code that cannot be read, and what it takes from files that are not handed in."""
    from IPython.core.inputtransformer2 import TransformerManager  # here: most callers need no IPython

    magics = TransformerManager()
    for cell in cells:
        if cell.type != "code" or cell.role not in ("solution", "own"):
            continue
        place = f"cell {cell.number} (`{cell.id}`)" if cell.id else f"cell {cell.number}"
        try:
            flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            tree = compile(magics.transform_cell(cell.source), "cell", "exec", flags)
        except (SyntaxError, ValueError, RecursionError) as error:
            yield Finding(f"{place} is not Python: {str(error)[:200]}", True)
            continue
        used: dict[str, str] = {}
        for node in ast.walk(tree):
            for how, file in _files_in(node, folder):
                used.setdefault(file, how)
        for file, how in used.items():
            if file not in released:
                yield Finding(
                    f"{place} {how} {file}: only the notebook is handed in, so put into a cell what it needs",
                    True,
                )


def _files_in(node: ast.AST, folder: Path) -> Iterator[tuple[str, str]]:
    """How a node uses a file beside the notebook, and the file's name."""
    if isinstance(node, ast.Import):
        yield from (("imports", file) for name in node.names if (file := _module(name.name, folder)))
    elif isinstance(node, ast.ImportFrom) and not node.level:
        if file := _module(node.module or "", folder):
            yield "imports", file
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        texts = [
            one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        if node.func.attr == "import_module" and texts and (file := _module(texts[0], folder)):
            yield "imports", file
        words = texts[1].split() if len(texts) > 1 else []
        if node.func.attr == "run_cell_magic" and texts and texts[0] in ("writefile", "file") and words:
            yield "writes its code into", words[-1]
        if node.func.attr == "run_line_magic" and texts and texts[0] == "run" and words:
            yield "runs", next((word for word in words if not word.startswith("-")), words[-1])
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        name = node.value
        if "." in name and len(name) < 100 and name.isprintable() and _is_file(folder, name):
            yield "names", name


def _module(name: str, folder: Path) -> str:
    """The file or folder beside the notebook that an import takes, or nothing."""
    top = name.partition(".")[0]
    if top == "selfcheck":
        return ""
    if (folder / f"{top}.py").is_file():
        return f"{top}.py"
    return f"{top}/" if top and any((folder / top).glob("*.py")) else ""


def _is_file(folder: Path, name: str) -> bool:
    try:
        return (folder / name).is_file() and not Path(name).is_absolute()
    except (OSError, ValueError):
        return False


def _to_do(cells: Sequence[_Cell]) -> Iterator[Finding]:
    """What is still as it was handed out."""
    code = [cell.id for cell in cells if cell.role == "solution" and STUB in cell.source]
    answers = [cell.id for cell in cells if cell.role == "written" and cell.source.strip() in ("", NO_ANSWER)]
    for ids, what in ((code, "not written yet"), (answers, "not answered yet")):
        if ids:
            yield Finding(f"{what}: {', '.join(f'`{id}`' for id in dict.fromkeys(ids))}", False)
