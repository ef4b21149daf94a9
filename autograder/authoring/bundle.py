"""The folder that a student receives: notebook, public tests, the students' package as a wheel with its data, the lines
that install it, and one page to start. Made without a network; the same release gives the same bytes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

import selfcheck
from autograder.authoring import leaks
from autograder.authoring.chapter import AuthoringError, Chapter
from autograder.authoring.install import INSTALL
from selfcheck.allowed import NOT_ALLOWED
from selfcheck.handin import CELLS

START, CONDA, PIP = "START.html", "environment.yml", "requirements.txt"
PACKAGE = Path(selfcheck.__file__).parent
_TEMPLATES = Path(__file__).parent / "templates"
_LEFT_OUT = frozenset({INSTALL})
"""It speaks of a folder that is not in the bundle; the page to start takes its place."""
_DATE = (1980, 1, 1, 0, 0, 0)
"""The date of every file, the first one that a zip can hold."""
_EPOCH = "315532800"
"""The same in seconds, for those who build a wheel."""
_BUILD = "import importlib, sys; print(importlib.import_module(sys.argv[1]).build_wheel(sys.argv[2]))"
_WHAT = {
    START: "this page",
    CONDA: "what conda installs",
    PIP: "what pip installs",
    "test_public.py": "the public tests, which the check cells run",
    "conftest.py": "lets plain pytest run them",
    CELLS: "the notebook's cells, for selfcheck --hand-in",
    NOT_ALLOWED: "what the exercises do not allow",
}


@dataclass(frozen=True)
class Bundle:
    """What was made.

    Attributes:
        folder: with everything in it. archive: the same as a zip. files: their names, sorted.
    """

    folder: Path
    archive: Path
    files: tuple[str, ...]


def make_bundle(chapter: Chapter, to: Path) -> Bundle:
    """Write the assignment's folder and its zip; what an earlier call wrote there is replaced.

    Args:
        to: the folder in which both are put.

    Raises:
        AuthoringError: there is no release, it would leak, a folder of another kind is in the way, or the wheel cannot
            be built.
    """
    notebooks = sorted(path.name for path in chapter.release.glob("*.ipynb"))
    if not notebooks:
        raise AuthoringError(f"there is no notebook in {chapter.release}: run `make notebooks`")
    if found := leaks.scan(chapter.release, chapter):
        told = "\n  ".join(map(str, found[:20]))
        raise AuthoringError(f"the release of {chapter.id} would leak, nothing was written:\n  {told}")
    folder, archive = to / chapter.id, to / f"{chapter.id}.zip"
    if folder.exists() and not (folder / START).is_file():
        raise AuthoringError(
            f"{folder} is there and was not made by this command: move it, or choose another --to"
        )
    with tempfile.TemporaryDirectory() as staging:
        staged = Path(staging) / chapter.id
        shutil.copytree(
            chapter.release, staged, ignore=shutil.ignore_patterns(".*", "__pycache__", *_LEFT_OUT)
        )
        wheel = build_wheel(staged)
        torch = metadata.version("torch").split("+")[0]
        (staged / PIP).write_text(f"./{wheel}[notebook]\n")
        (staged / CONDA).write_text(_environment(wheel, torch))
        files = sorted([*(p.relative_to(staged).as_posix() for p in staged.rglob("*") if p.is_file()), START])
        (staged / START).write_text(_start_page(staged, notebooks, wheel, files, torch), encoding="utf-8")
        packed = Path(staging) / archive.name
        _pack(staged, files, packed)
        to.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(staged, folder)
        shutil.copyfile(packed, archive)
    return Bundle(folder, archive, tuple(files))


def build_wheel(to: Path) -> str:
    """Build the students' package with the backend that its pyproject.toml names; the wheel's name.

    Raises:
        AuthoringError: the package's folder is not a checkout, or its backend is not installed.
    """
    declared = PACKAGE / "pyproject.toml"
    if not declared.is_file():
        raise AuthoringError(f"{declared} is missing: run this where the project is checked out")
    backend = tomllib.loads(declared.read_text())["build-system"]["build-backend"]
    with tempfile.TemporaryDirectory() as building:  # a backend leaves folders beside what it builds
        source = Path(building) / PACKAGE.name
        unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info", "build", "dist")
        shutil.copytree(PACKAGE, source, ignore=unwanted)
        done = subprocess.run(
            [sys.executable, "-P", "-c", _BUILD, backend, str(to.resolve())],
            cwd=source,  # of which -P imports nothing: a module there is called as one of Python's
            env={**os.environ, "SOURCE_DATE_EPOCH": _EPOCH},
            capture_output=True,
            text=True,
        )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["?"])[-1]
        raise AuthoringError(
            f"the wheel of selfcheck cannot be built: {said} (is {backend.partition('.')[0]} installed?)"
        )
    return done.stdout.strip().splitlines()[-1]


def _environment(wheel: str, torch: str) -> str:
    return (
        "# conda env create -f environment.yml\n"
        "name: deep-learning\nchannels:\n  - conda-forge\n  - nodefaults\ndependencies:\n"
        f'  - python=3.12\n  - pip\n  - "pytorch={torch}=cpu*"\n  - pip:\n      - "./{wheel}[notebook]"\n'
    )


def _start_page(folder: Path, notebooks: list[str], wheel: str, files: list[str], torch: str) -> str:
    what = {
        **_WHAT,
        wheel: "the check cells, figures and data sets",
        **dict.fromkeys(notebooks, "the assignment"),
    }
    page = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True).get_template("start.html.j2")
    return page.render(
        title=_title(folder / notebooks[0]),
        notebooks=notebooks,
        files=[(name, what.get(name, "")) for name in files],
        torch=torch,
    )


def _title(notebook: Path) -> str:
    """The first heading of a notebook, or its name."""
    for cell in json.loads(notebook.read_bytes())["cells"]:
        if cell["cell_type"] == "markdown" and (
            found := re.search(r"^# (.+)$", "".join(cell["source"]), re.M)
        ):
            return found[1].strip()
    return notebook.stem


def _pack(folder: Path, files: list[str], archive: Path) -> None:
    with zipfile.ZipFile(archive, "w") as packed:
        for name in files:
            entry = zipfile.ZipInfo(f"{folder.name}/{name}", _DATE)
            entry.external_attr, entry.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
            packed.writestr(entry, (folder / name).read_bytes())
