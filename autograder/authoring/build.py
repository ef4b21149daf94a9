"""`make notebooks`: solutions/ to source/ to release/. All is made aside, scanned, and only then put in place."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.authoring import leaks
from autograder.authoring.agreement import disagreements
from autograder.authoring.chapter import AuthoringError, Chapter
from autograder.authoring.install import INSTALL, install_page
from autograder.authoring.notebooks import digest, from_text, to_bytes
from selfcheck.allowed import NOT_ALLOWED
from selfcheck.handin import CELLS, handed_out

CONFTEST = '''"""Gives the public tests `student`, your notebook beside this file, and `rng`, their random inputs."""

from selfcheck.fixtures import *  # noqa: F403
'''

_IGNORED = shutil.ignore_patterns(".*", "__pycache__", "*.pyc")


def record_file(root: Path) -> Path:
    """Where it is noted what each file in source/ was when it was made, so that an edit of either side is noticed."""
    return root / "solutions" / "made.json"


def made_digest(made: Path) -> str:
    """The digest of what an author can edit in a file of source/; a notebook's outputs do not count."""
    if made.suffix != ".ipynb":
        return hashlib.sha256(made.read_bytes()).hexdigest()
    try:
        return digest(nbformat.read(made, as_version=4))
    except Exception as error:  # nbformat raises many kinds for a file that is not a notebook
        raise AuthoringError(f"{made} is not a notebook: {error}") from None


def text_digest(text: Path, made: Path) -> str:
    """The digest that the file in source/ would have if it were made from the text as it is now."""
    if made.suffix != ".ipynb":
        return hashlib.sha256(text.read_bytes()).hexdigest()
    return digest(_notebook(text))


def make_notebooks(chapters: Sequence[Chapter], force: bool = False) -> list[Path]:
    """Make source/ and release/ of the assignments anew.

    Args:
        force: overwrite edits made in source/ that were not carried back.

    Returns:
        The files that changed, relative to the course folder.

    Raises:
        AuthoringError: nothing is written where a text is broken, source/ holds edits of its own, or a release
            would leak.
    """
    changed: list[Path] = []
    for chapter in chapters:
        if not force:
            _refuse_to_lose_edits(chapter)
        with tempfile.TemporaryDirectory() as folder:
            staged = Path(folder)
            _stage(chapter, staged)
            for kind in ("source", "release"):
                changed += _put(staged / kind / chapter.id, chapter.root / kind / chapter.id, chapter.root)
        record = read_record(chapter.root)
        record |= _record_of(chapter)
        path = record_file(chapter.root)
        text = json.dumps(record, indent=1, sort_keys=True) + "\n"
        if not path.is_file() or path.read_text() != text:
            path.write_text(text)
            changed.append(path.relative_to(chapter.root))
    return changed


def outdated(chapters: Sequence[Chapter]) -> list[str]:
    """A line for each change that `make_notebooks` would make; nothing is written."""
    problems: list[str] = []
    for chapter in chapters:
        with tempfile.TemporaryDirectory() as folder:
            staged = Path(folder)
            _stage(chapter, staged)
            for kind in ("source", "release"):
                problems += _differences(
                    staged / kind / chapter.id, chapter.root / kind / chapter.id, chapter.root
                )
        record = read_record(chapter.root)
        problems += [
            f"solutions/made.json does not know {name} as it is"
            for name, value in _record_of(chapter).items()
            if record.get(name) != value
        ]
    return problems


def _stage(chapter: Chapter, staged: Path) -> None:
    """Make an assignment's source/ and release/ under `staged` and scan the release."""
    if not chapter.public_tests.is_file():
        raise AuthoringError(f"{chapter.id} has no public tests: write {chapter.public_tests}")
    for text in chapter.texts:
        _notebook(text)  # a text that cannot be read is told before what does not agree in it
    if problems := disagreements(chapter):
        told = "\n  ".join(problems[:20])
        raise AuthoringError(f"{chapter.id}, nothing was written:\n  {told}")
    source = staged / "source" / chapter.id
    if chapter.source.is_dir():  # pictures and data that stand beside the notebook
        shutil.copytree(chapter.source, source, ignore=_IGNORED)
        for path in (*source.glob("*.ipynb"), source / NOT_ALLOWED):
            path.unlink(missing_ok=True)
    source.mkdir(parents=True, exist_ok=True)
    for text in chapter.texts:
        notebook = _notebook(text)
        (source / chapter.notebook(text).name).write_bytes(to_bytes(notebook))
    (source / "test_public.py").write_bytes(chapter.public_tests.read_bytes())
    for name, content in given_files(chapter).items():
        (source / name).write_text(content, encoding="utf-8")
    _generate(staged, chapter.id)
    found = leaks.scan(staged / "release" / chapter.id, chapter)
    if found:
        told = "\n  ".join(map(str, found[:20]))
        raise AuthoringError(f"the release of {chapter.id} would leak, nothing was written:\n  {told}")


def given_files(chapter: Chapter) -> dict[str, str]:
    """The files that stand beside the public tests and are made, by name: their fixtures, how to install, what cells
    the notebook has, and what is forbidden."""
    files = {"conftest.py": CONFTEST, INSTALL: install_page()}
    cells = {chapter.notebook(text).name: handed_out(_notebook(text)) for text in chapter.texts}
    files[CELLS] = json.dumps(cells, indent=1) + "\n"
    told = {
        exercise: {
            "names": rule.names,
            "within": {name: inner.names for name, inner in rule.within.items()},
        }
        for exercise, rule in chapter.rules().items()
    }
    if told:
        files[NOT_ALLOWED] = json.dumps(told, indent=1) + "\n"
    return files


def _generate(course: Path, assignment: str) -> None:
    """nbgrader's own generate_assignment, with its own settings and nobody else's, and without a gradebook."""
    config = Config()
    config.CourseDirectory.root = str(course)
    config.CourseDirectory.assignment_id = assignment
    # `nbgrader generate_assignment --no-db` sets the same; the notebooks are the same with a gradebook and without.
    config.SaveCells.enabled = False
    config.GenerateAssignment.no_database = True
    log = logging.getLogger("autograder.authoring.nbgrader")
    log.propagate, log.handlers = False, []
    told = io.StringIO()
    log.addHandler(logging.StreamHandler(told))
    coursedir = CourseDirectory(config=config, log=log)
    try:
        GenerateAssignment(coursedir=coursedir, config=config, log=log).start()
    except (NbGraderException, SystemExit):
        lines = [line.strip() for line in told.getvalue().splitlines()]
        reasons = [line for line in lines if re.match(r"[\w.]*(Error|Exception): ", line)]
        reason = reasons[0] if reasons else (lines or ["?"])[-1]
        raise AuthoringError(f"nbgrader generate_assignment {assignment} failed: {reason}") from None


def _refuse_to_lose_edits(chapter: Chapter) -> None:
    record = read_record(chapter.root)
    for text, made in chapter.pairs.items():
        name = made.relative_to(chapter.root).as_posix()
        if not made.is_file() or record.get(name) == made_digest(made):
            continue
        if made_digest(made) == text_digest(text, made):
            continue
        raise AuthoringError(
            f"{name} was edited since it was made: carry that back with `autograder sync {chapter.id}`, "
            "or throw it away with --force"
        )


def read_record(root: Path) -> dict[str, str]:
    path = record_file(root)
    try:
        record = json.loads(path.read_text()) if path.is_file() else {}
    except ValueError:
        raise AuthoringError(f"{path} is damaged: delete it and run `make notebooks`") from None
    return {str(name): str(value) for name, value in record.items()}


def _record_of(chapter: Chapter) -> dict[str, str]:
    """The digests of what the texts give, by the path of the file in source/."""
    pairs = chapter.pairs.items()
    return {made.relative_to(chapter.root).as_posix(): text_digest(text, made) for text, made in pairs}


def _notebook(text: Path) -> nbformat.NotebookNode:
    try:
        return from_text(text.read_text(encoding="utf-8"))
    except AuthoringError as error:
        raise AuthoringError(f"{text}: {error}") from None


def _files(folder: Path) -> dict[Path, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    inside = {path.relative_to(folder): path for path in found}
    return {
        name: path.read_bytes()
        for name, path in inside.items()
        if not any(part.startswith(".") or part == "__pycache__" for part in name.parts)
    }


def _differences(staged: Path, place: Path, root: Path) -> list[str]:
    want, have = _files(staged), _files(place) if place.is_dir() else {}
    problems = []
    for name in sorted(want.keys() | have.keys()):
        where = (place / name).relative_to(root)
        if name not in have:
            problems.append(f"{where} is missing")
        elif name not in want:
            problems.append(f"{where} is left over")
        elif want[name] != have[name]:
            problems.append(f"{where} is not what its text gives")
    return problems


def _put(staged: Path, place: Path, root: Path) -> list[Path]:
    """Bring a folder to what was staged, touching only files that differ."""
    want, have = _files(staged), _files(place) if place.is_dir() else {}
    changed = [name for name in sorted(want.keys() | have.keys()) if want.get(name) != have.get(name)]
    for name in changed:
        path = place / name
        if name not in want:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.part")
        partial.write_bytes(want[name])
        partial.replace(path)
    return [(place / name).relative_to(root) for name in changed]
