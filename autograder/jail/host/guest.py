"""The guest folder: the only code of ours that a jailed interpreter can see."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import autograder

_PACKAGES = ("wire", "jail/inside")
_IGNORE = shutil.ignore_patterns("__pycache__", "*.pyc", "*.ipynb", "test_*")


def stage(folder: Path) -> Path:
    """Copy what runs inside the jail into an empty folder, which then belongs on the jailed interpreter's
    path.

    `autograder` is a namespace package there (it has no `__init__.py`) with nothing but `wire` and `jail.inside`:
    no hidden suite, no reference, no misconception. Returns the folder.
    """
    source = Path(autograder.__file__).parent
    for name in _PACKAGES:
        shutil.copytree(source / name, folder / "autograder" / name, ignore=_IGNORE)
    selfcheck = importlib.util.find_spec("selfcheck")  # found, not imported: the grader needs none of it here
    assert selfcheck is not None and selfcheck.origin is not None
    shutil.copytree(Path(selfcheck.origin).parent, folder / "selfcheck", ignore=_IGNORE)
    return folder
