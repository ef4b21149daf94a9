"""Code that stands in a file beside the notebook. Only the notebook is handed in, so it must come into a cell."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

_NOBODYS = frozenset({"site-packages", "dist-packages"})


def used_beside(names: Mapping[str, Any], folder: Path) -> dict[str, list[str]]:
    """The names of a live notebook whose code stands in a file of its folder, by that file's path in the folder.

    Args:
        names: the notebook's namespace: modules, functions and classes are looked at.
        folder: the notebook's.
    """
    root = os.path.realpath(folder)
    found: dict[str, list[str]] = {}
    for name, value in list(names.items()):
        if name.startswith("_"):
            continue
        path = next((path for file in _files_of(value) if (path := _inside(file, root))), "")
        if path:
            found.setdefault(path, []).append(name)
    return found


def sentences(used: Mapping[str, list[str]]) -> list[str]:
    """What to do about each such file, a sentence or two each."""
    return [
        f"`{file}` holds {', '.join(f'`{name}`' for name in names[:5])}{', …' if len(names) > 5 else ''}: "
        "only the notebook is handed in, so move that code into a cell."
        for file, names in sorted(used.items())
    ]


def _files_of(value: object) -> Iterator[str]:
    """The files that may hold a value's code."""
    if isinstance(value, ModuleType):
        yield str(vars(value).get("__file__") or "")
    elif isinstance(value, FunctionType):
        yield value.__code__.co_filename
    elif isinstance(value, type):
        module = sys.modules.get(str(vars(value).get("__module__", "")))
        if module is not None and module.__name__ != "__main__":  # which is the kernel's own
            yield str(vars(module).get("__file__") or "")
        yield from (
            part.__code__.co_filename for part in vars(value).values() if isinstance(part, FunctionType)
        )


def _inside(file: str, root: str) -> str:
    """A file's path below a folder, or nothing where it is elsewhere, is not there, or belongs to an environment."""
    if not file.endswith(".py"):
        return ""
    path = os.path.realpath(os.path.join(root, file))
    if not path.startswith(root + os.sep) or not os.path.isfile(path):
        return ""
    parts = Path(path).relative_to(root).parts
    foreign = any(part in _NOBODYS or part.startswith(".") or part == "selfcheck" for part in parts)
    return "" if foreign or path.startswith(os.path.realpath(sys.prefix) + os.sep) else "/".join(parts)
