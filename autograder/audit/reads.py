"""What a trial reads, as two digests: its subject, and the machinery that graded it.

The subject is what an author writes: the sources of the cells that the exercise can see, its hidden tests, its rules,
the data of the students' package that they import and, where a diagnosis is asked for, the exercise's misconceptions
and its reference. The machinery is what grades it all: the engine's code, the versions of what it computes with, and
the jail. Where both are the same, so is the outcome.

The engine's code is every module that grading imports, found by reading the imports, without its comments and
docstrings. So a change of the command line, of the gradebook's pages or of a sentence makes no record worthless.
"""

from __future__ import annotations

import ast
import hashlib
import json
import platform
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib import metadata
from pathlib import Path

import autograder

_ROOTS = (
    *("autograder.grading.grade", "autograder.grading.diagnosis", "autograder.jail.inside.zygote"),
    *("autograder.testing", "autograder.audit.facts"),
)
_ONLY_NAMED = ("selfcheck", "autograder", "autograder.course")
"""Packages whose own files decide nothing: they gather names, and the folders of a course."""
_LOADED_AHEAD = ("selfcheck.data", "selfcheck.plots")
"""What the jail imports for speed alone: it is cells and tests that read data, and figures decide no score."""
_DECIDING_PACKAGES = ("torch", "numpy", "pytest", "ipython", "safetensors", "msgspec", "scikit-learn")
_DIGITS = 12
_IMPORTED_BY_CELLS = re.compile(r"\bselfcheck\.([a-z_]+)")
_NO_DATA = frozenset({"plots", "check"})
"""Modules that cells import and that hold nothing to learn from."""

PROJECT = Path(autograder.__file__).parent.parent
"""The folder that holds the packages `autograder` and `selfcheck`."""


def digest(*parts: object) -> str:
    """A short SHA-256 over values that JSON can hold; 48 bits, since nothing here is hidden from an opponent."""
    text = json.dumps(parts, ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def machinery(backend: str) -> str:
    """The digest of what grades: the engine's code, the software below it, the jail's name."""
    versions = [f"{name}=={metadata.version(name)}" for name in _DECIDING_PACKAGES]
    python = [*sys.version_info[:2], platform.machine()]
    return digest(engine(PROJECT), versions, python, backend)


def engine(root: Path) -> dict[str, str]:
    """The digest of each module that grading imports, by its name.

    Args:
        root: the folder that holds the packages `autograder` and `selfcheck`.
    """
    return _reached(root, _ROOTS, without=(*_ONLY_NAMED, *_LOADED_AHEAD))


def _reached(
    root: Path, names: Iterable[str], without: Sequence[str] = (), whole: Sequence[str] = ()
) -> dict[str, str]:
    """The digest of each module that these import, and theirs; `whole` are packages that alone are followed."""
    found: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        path = _file_of(root, name)
        if (
            name in found
            or path is None
            or name in without
            or (whole and name.partition(".")[0] not in whole)
        ):
            continue
        tree = ast.parse(path.read_bytes())
        waiting.extend(_imported(tree, name, path.name == "__init__.py"))
        found[name] = digest(ast.dump(_without_prose(tree)))
    return found


def material(texts: Iterable[str], root: Path) -> dict[str, str]:
    """The digests of the modules of data that cells or tests import from `selfcheck`, and of the files that those name.

    Args:
        texts: sources of cells and tests. root: the folder that holds the package `selfcheck`.
    """
    names = {name for text in texts for name in _IMPORTED_BY_CELLS.findall(text)} - _NO_DATA
    found: dict[str, str] = {}
    for path in (_file_of(root, f"selfcheck.{name}") for name in sorted(names)):
        if path is None:
            continue
        source = path.read_bytes()
        found[path.stem] = digest(ast.dump(_without_prose(ast.parse(source))))
        data = (root / "selfcheck" / "datasets").glob("*")
        found.update(files([p for p in data if p.name.encode() in source], root))
    return found


def _file_of(root: Path, name: str) -> Path | None:
    if name.partition(".")[0] not in ("autograder", "selfcheck"):
        return None
    base = root.joinpath(*name.split("."))
    return next((p for p in (base.with_suffix(".py"), base / "__init__.py") if p.is_file()), None)


def _imported(tree: ast.Module, name: str, is_package: bool) -> Iterator[str]:
    """The modules that a module may import, anywhere in it, and the packages around them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                inside = name.split(".") if is_package else name.split(".")[:-1]
                kept = inside[: len(inside) - node.level + 1]
                base = ".".join([*kept, base] if base else kept)
            names = [base, *(f"{base}.{a.name}" for a in node.names)]
        else:
            continue
        for imported in names:
            parts = imported.split(".")
            yield from (".".join(parts[:n]) for n in range(1, len(parts) + 1))


def _without_prose(tree: ast.Module) -> ast.Module:
    """The tree without docstrings, also those of attributes."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = [s for s in node.body if not _is_prose(s)] or [ast.Pass()]
    return tree


def _is_prose(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def files(paths: Iterable[Path], root: Path) -> dict[str, str]:
    """The SHA-256 of each file, by its path below `root`."""
    return {p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(paths)}


def notebook_machinery(texts: Iterable[str], root: Path = PROJECT) -> str:
    """The digest of what a solved notebook runs on: the students' package and the software below it.

    Of the package it is the modules that the notebook reaches, with the files of data that they name, so that another
    chapter's data make no record worthless.

    Args:
        texts: sources of its cells, and of the tests beside it. root: the folder that holds the package.
    """
    texts = list(texts)
    roots = ["selfcheck", "selfcheck.check", "selfcheck.fixtures"]
    roots += [f"selfcheck.{name}" for text in texts for name in _IMPORTED_BY_CELLS.findall(text)]
    code = {**_reached(root, roots, whole=("selfcheck",)), **material(texts, root)}
    versions = [f"{name}=={metadata.version(name)}" for name in (*_DECIDING_PACKAGES, "matplotlib")]
    return digest(code, versions, [*sys.version_info[:2], platform.machine()])
