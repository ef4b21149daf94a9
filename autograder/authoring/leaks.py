"""The scan of a release for what must not reach students. The scan refuses a file that it does not know."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.authoring.cells import cells_of
from autograder.authoring.chapter import AuthoringError, Chapter
from autograder.authoring.notebooks import from_text, to_bytes
from autograder.course import CourseError
from autograder.grading.assignment import Assignment
from autograder.grading.parse_notebook import parse
from autograder.grading.variants import load_misconceptions

TEXT_FILES = frozenset({".py", ".md", ".txt", ".csv", ".json"})
IMAGES = frozenset({".png", ".jpg", ".jpeg", ".gif"})

_MARKER = re.compile(
    r"\b(BEGIN|END)\s+(SOLUTION|HIDDEN\s+TESTS?|MARK\s+SCHEME)|###\s*(HASHED\s+)?AUTOTEST", re.I
)
_REGION = re.compile(r"\b(BEGIN|END)\s+(SOLUTION|MARK\s+SCHEME|HIDDEN\s+TESTS?)", re.I)
_INSTRUCTOR_IMPORT = re.compile(r"\b(from|import)\s+autograder\b")
_STUBS = ("raise NotImplementedError", "YOUR ANSWER HERE")
_CELL_METADATA = frozenset({"nbgrader", "tags", "jupyter", "editable", "deletable"})
_NOTEBOOK_METADATA = frozenset({"kernelspec", "language_info"})

SHORTEST = {"code": 16, "prose": 30, "test": 32}
"""A line with fewer characters, white space apart, is too common to be a leak by itself."""
RUNS = {"code": 3, "prose": 3, "test": 5}
"""That many of a solution's or hidden test's lines in a row are a leak, whatever each of them looks like. Two tests
of one subject may set out alike, so theirs must be longer."""


@dataclass(frozen=True, order=True)
class Leak:
    """Something in a release that must not be there.

    Attributes:
        file: its path inside the release. kind: "solution", "hidden test", "marker", "output", "file type" ...
        detail: what was found, one sentence.
    """

    file: str
    kind: str
    detail: str

    def __str__(self) -> str:
        return f"{self.file}: {self.kind}: {self.detail}"


def scan(folder: Path, chapter: Chapter) -> list[Leak]:
    """Everything in an assignment's release folder that must not reach students, sorted; empty if it may go out.

    Raises:
        AuthoringError: a misconception cannot be read, so that nobody can say whether it leaked.
    """
    if not folder.is_dir() or not any(folder.iterdir()):
        return [Leak(folder.name, "nothing", "there is nothing to scan")]
    if _has_exercises(chapter) and not any(chapter.hidden_suite.rglob("test_*.py")):
        return [Leak(folder.name, "hidden test", f"{chapter.hidden_suite} holds no suite to compare with")]
    secrets = _secrets(chapter)
    return sorted(leak for path in sorted(folder.rglob("*")) for leak in _scan_path(path, folder, secrets))


def _has_exercises(chapter: Chapter) -> bool:
    return any(cell.role == "exercise" for text in chapter.texts for cell in cells_of(text))


@dataclass(frozen=True)
class _Secrets:
    """Normalised lines: those that are leaks alone, and runs that are leaks together."""

    single: dict[str, str]
    runs: dict[tuple[str, ...], str]


def _scan_path(path: Path, folder: Path, secrets: _Secrets) -> Iterator[Leak]:
    name = path.relative_to(folder).as_posix()
    if path.is_symlink() or not (path.is_file() or path.is_dir()):
        yield Leak(name, "file type", "a link or special file")
        return
    if path.name.startswith(".") or path.name == "__pycache__":
        yield Leak(name, "file type", "a hidden file or a cache")
        return
    if path.is_dir():
        return
    suffix = path.suffix.lower()
    if suffix in IMAGES:
        if not path.read_bytes().startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8")):
            yield Leak(name, "file type", "an image file that holds no image")
        return
    if suffix not in TEXT_FILES | {".ipynb"}:
        yield Leak(name, "file type", f"files of type {suffix or 'none'!r} are not known to be harmless")
        return
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        yield Leak(name, "file type", "not UTF-8 text")
        return
    if suffix == ".ipynb":
        yield from _scan_notebook(text, name, secrets)
    else:
        yield from _scan_text(text, name, secrets)


def _scan_notebook(text: str, name: str, secrets: _Secrets) -> Iterator[Leak]:
    try:
        notebook = json.loads(text)
        cells = notebook["cells"]
        surplus = sorted(set(notebook["metadata"]) - _NOTEBOOK_METADATA)
        if surplus:
            yield Leak(name, "metadata", f"the notebook carries {', '.join(surplus)}")
        for number, cell in enumerate(cells, start=1):
            yield from _scan_cell(cell, number, name)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        yield Leak(name, "file type", f"not a notebook ({type(error).__name__})")
        return
    # Every string in the file, wherever it hides: sources, metadata, attachments, names.
    yield from _scan_text("\n".join(_strings(notebook)), name, secrets)


def _scan_cell(cell: dict[str, Any], number: int, name: str) -> Iterator[Leak]:
    if cell.get("outputs") or cell.get("execution_count") is not None:
        yield Leak(name, "output", f"cell {number} has been run")
    if cell.get("attachments"):
        yield Leak(name, "attachment", f"cell {number} has an attachment, which is not scanned: use a file")
    surplus = sorted(set(cell["metadata"]) - _CELL_METADATA)
    if surplus:
        yield Leak(name, "metadata", f"cell {number} carries {', '.join(surplus)}")
    source = "".join(cell["source"])
    if cell["metadata"].get("nbgrader", {}).get("solution") and not any(stub in source for stub in _STUBS):
        yield Leak(name, "solution", f"cell {number} is to be written by students but holds no stub")


def _scan_text(text: str, name: str, secrets: _Secrets) -> Iterator[Leak]:
    if found := _MARKER.search(text):
        yield Leak(name, "marker", f"{found.group(0)!r}")
    if _INSTRUCTOR_IMPORT.search(text):
        yield Leak(name, "hidden test", "imports the instructor's package")
    lines = list(_normalised(text.splitlines()))
    told: set[str] = set()
    for line in lines:
        kind = secrets.single.get(line)
        if kind is not None and line not in told:
            told.add(line)
            yield Leak(name, kind, f"the line {line[:60]!r}")
    for length in sorted(set(RUNS.values())):
        for start in range(len(lines) - length + 1):
            run = tuple(lines[start : start + length])
            kind = secrets.runs.get(run)
            if kind is not None and not told.intersection(run):
                told.update(run)
                yield Leak(name, kind, f"the lines from {run[0][:60]!r}")


def _secrets(chapter: Chapter) -> _Secrets:
    single: dict[str, str] = {}
    runs: dict[tuple[str, ...], str] = {}
    shown: set[str] = set()
    solved: list[tuple[str, list[str]]] = []
    for text in chapter.texts:
        inside, outside = _regions(text.read_text().splitlines())
        solved += inside
        shown.update(_normalised(outside))
    given = shown.union(_normalised(chapter.public_tests.read_text().splitlines()))
    for kind, lines in solved:
        normal = list(_normalised(lines))
        label = "mark scheme" if kind == "prose" else "solution"
        # A line that the author also wrote outside of every solution is known to students anyway.
        single |= {line: label for line in normal if _length(line) >= SHORTEST[kind] and line not in given}
        runs |= dict.fromkeys(_runs(normal, RUNS[kind]), label)
    for path in sorted(chapter.hidden_suite.rglob("*.py")):
        normal = list(_normalised(_code_lines(path)))
        single |= {
            line: "hidden test" for line in normal if _length(line) >= SHORTEST["test"] and line not in given
        }
        if path.name.startswith("test_"):
            # A suite may repeat what a cell gives students, such as a network; a run must hold more than that.
            new = [run for run in _runs(normal, RUNS["test"]) if sum(line not in shown for line in run) >= 2]
            runs |= dict.fromkeys(new, "hidden test")
    for line in _normalised(_misconceptions(chapter)):
        if _length(line) >= SHORTEST["test"] and line not in given:
            single.setdefault(line, "hidden test")
    return _Secrets(single, runs)


def _misconceptions(chapter: Chapter) -> list[str]:
    """The lines of every misconception in full; its file holds edits alone."""
    lines = []
    try:
        for text in chapter.texts:
            cells = parse(to_bytes(from_text(text.read_text(encoding="utf-8"))))
            assignment = Assignment(chapter.id, text.stem, cells, chapter.hidden_suite)
            for exercise in assignment.exercises:
                for one in load_misconceptions(assignment, exercise.id):
                    lines += one.source.splitlines()
    except CourseError as error:
        raise AuthoringError(str(error)) from error
    return lines


def _regions(lines: Sequence[str]) -> tuple[list[tuple[str, list[str]]], list[str]]:
    """The lines inside each solution or mark-scheme region, with "code" or "prose", and the lines outside."""
    inside: list[tuple[str, list[str]]] = []
    outside: list[str] = []
    open_region, kind = False, "code"
    for line in lines:
        if line.startswith("# %%"):
            kind = "prose" if "[markdown]" in line else "code"
        found = _REGION.search(line)
        if found:
            open_region = found.group(1).upper() == "BEGIN"
            if open_region:
                inside.append((kind, []))
        elif open_region:
            inside[-1][1].append(line)
        else:
            outside.append(line)
    return inside, outside


def _code_lines(path: Path) -> list[str]:
    """A Python file's lines without its docstrings: those say what is tested, and students read them."""
    text = path.read_text()
    lines = text.splitlines()
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return lines
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node) is not None
        ):
            docstring = node.body[0]
            for i in range(docstring.lineno - 1, docstring.end_lineno or docstring.lineno):
                lines[i] = ""
    return lines


def _normalised(lines: Sequence[str]) -> Iterator[str]:
    """Lines with what does not matter taken off: indentation, spacing, comment signs, imports, lone brackets."""
    for line in lines:
        bare = " ".join(line.split()).removeprefix("#").strip()
        if _length(bare) >= 4 and not re.match(r"(import|from) [\w.]+( import |$| as )", bare):
            yield bare.replace(" ", "").rstrip(",")


def _length(line: str) -> int:
    return len(line.replace(" ", ""))


def _runs(lines: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    for start in range(len(lines) - length + 1):
        run = tuple(lines[start : start + length])
        if sum(map(len, run)) >= length * SHORTEST["code"]:
            yield run


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            yield "".join(value)  # a source kept as a list of lines
            if not all(item.endswith("\n") for item in value[:-1]):
                yield from value  # tags, and the like: each is a text of its own
        else:
            for item in value:
                yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _strings(item)
