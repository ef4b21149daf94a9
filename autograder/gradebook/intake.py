"""A submission that is not laid out as asked, taken where its meaning is certain; always with a note.

What nbgrader wants is one notebook of the asked name in the submission's folder. Students hand in `lines (1).ipynb`, a
folder inside the folder, a zip, or the untouched notebook beside their own. Where exactly one notebook can be meant, it
is put where nbgrader looks, beside what was handed in. Nothing is deleted.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.course import Course, SubmissionError, foreign_files, read_submitted
from autograder.course.sharing import share
from autograder.course.submission import BYTE_ORDER_MARK
from autograder.course.untrusted import clean
from autograder.gradebook.archives import is_archive, is_work, stem, unpack
from autograder.gradebook.cells import marked_cells
from autograder.grading.parse_notebook import Cell, parse

MOST_FILES = 2000
"""Files of a submission that are looked at."""
DEEPEST = 4
"""Folders in a folder that are looked at."""


@dataclass(frozen=True)
class Found:
    """A notebook in a submission's folder."""

    name: str
    """Its path in that folder."""
    document: bytes
    cells: dict[str, Cell]
    """By grade id; empty where it cannot be read."""


@dataclass(frozen=True)
class Released:
    """The notebook that students got: its solution cells by grade id."""

    name: str
    cells: Mapping[str, str]

    def is_of(self, found: Found) -> bool:
        """Tell whether the notebook has cells of this one."""
        return any(name in self.cells for name in found.cells)

    def untouched(self, found: Found) -> bool:
        """Tell whether nothing is written in any solution cell."""
        return all(
            name not in found.cells or found.cells[name].source.strip() == text.strip()
            for name, text in self.cells.items()
        )


def settle(course: Course, assignment: str, student: str) -> None:
    """Put the notebook that is meant where nbgrader looks; nothing happens where none or several can be meant.

    Archives in the folder are unpacked beside themselves where no notebook of the asked name lies there.
    """
    folder = course.submission_folder(student, assignment)
    if folder.is_symlink() or folder.parent.is_symlink() or not folder.is_dir() or foreign_files(folder):
        return
    for released in _released(course, assignment):
        asked = folder / f"{released.name}.ipynb"
        notebooks = _notebooks(course, folder)
        if asked.name not in {found.name for found in notebooks} and _unpack_archives(folder):
            notebooks = _notebooks(course, folder)
        mine = next((found for found in notebooks if found.name == asked.name), None)
        if mine is not None and not (released.is_of(mine) and released.untouched(mine)):
            continue  # it has work in it, or cannot be read, which its own reading tells
        others = [one for one in notebooks if one is not mine and released.is_of(one)]
        others = list({one.document: one for one in reversed(others)}.values())  # copies of one file are one
        worked = [one for one in others if not released.untouched(one)]
        meant = worked if worked or mine is not None else others
        if len(meant) != 1:
            continue
        if mine is not None:
            os.replace(asked, _free(folder, f"{released.name}-untouched.ipynb"))
        asked.write_bytes(meant[0].document)
        share(asked, course.root)


def intake_notes(course: Course, assignment: str, student: str) -> tuple[str, ...]:
    """How a submission differs from what was asked, a sentence each, for student and instructor.

    It is told from what lies there, so it is said at every grading: a notebook that `settle` has put in its place has
    the bytes of the one that was handed in.
    """
    folder = course.submission_folder(student, assignment)
    if folder.is_symlink() or folder.parent.is_symlink() or not folder.is_dir():
        return ()
    notebooks = _notebooks(course, folder)
    said = []
    for released in _released(course, assignment):
        name = f"{released.name}.ipynb"
        mine = next((found for found in notebooks if found.name == name), None)
        if mine is None:
            continue
        twin = next((one for one in notebooks if one is not mine and one.document == mine.document), None)
        if twin is not None:
            said.append(f"Graded is {_quoted(twin.name)}, which was handed in where {name} was asked for.")
        others = [one for one in notebooks if one.document != mine.document and released.is_of(one)]
        worked = [one.name for one in others if not released.untouched(one)]
        if worked:
            said.append(f"Graded is {name}; {', '.join(map(_quoted, worked))} beside it is not.")
        elif others:
            idle = ", ".join(_quoted(one.name) for one in others)
            said.append(f"{idle} is untouched, and the notebook with work in it is graded.")
        if mine.document.startswith(BYTE_ORDER_MARK):
            said.append(f"{name} begins with a byte order mark, which was passed over.")
    return tuple(said)


def several(course: Course, assignment: str, student: str) -> str:
    """Why none of several notebooks could be taken, or nothing."""
    folder = course.submission_folder(student, assignment)
    for released in _released(course, assignment):
        found = [one for one in _notebooks(course, folder) if released.is_of(one)]
        if len(found) > 1 and f"{released.name}.ipynb" not in [one.name for one in found]:
            names = ", ".join(_quoted(one.name) for one in found[:4])
            return f"it holds several notebooks with work in them ({names}) where {released.name}.ipynb was asked for"
    return ""


def _released(course: Course, assignment: str) -> list[Released]:
    """The assignment's notebooks as they were released; without a release nothing tells what is untouched."""
    made = []
    for name in sorted(path.stem for path in (course.release / assignment).glob("*.ipynb")):
        cells = {
            cell.grade_id: cell.source
            for cell in marked_cells(course.release / assignment, name)
            if cell.marks.get("solution")
        }
        if cells:
            made.append(Released(name, cells))
    return made


def _notebooks(course: Course, folder: Path) -> list[Found]:
    """The notebooks in a folder and those in it, without links, in the order of their paths."""
    found = []
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if path.suffix.lower() != ".ipynb" or not is_work(PurePosixPath(name)):
            continue
        try:
            document = read_submitted(path, course.submitted)
        except (SubmissionError, OSError):
            continue
        try:
            cells = {
                cell.grade_id: cell for cell in parse(document.removeprefix(BYTE_ORDER_MARK)) if cell.grade_id
            }
        except SubmissionError:
            cells = {}
        found.append(Found(name, document, cells))
    return found


def _files(folder: Path) -> list[Path]:
    files: list[Path] = []
    for base, folders, names in os.walk(folder):
        if len(Path(base).relative_to(folder).parts) >= DEEPEST:
            folders.clear()
        folders.sort()
        files += [Path(base, name) for name in sorted(names)]
        if len(files) > MOST_FILES:
            break
    return [path for path in files[:MOST_FILES] if stat.S_ISREG(path.lstat().st_mode)]


def _unpack_archives(folder: Path) -> bool:
    """Unpack the archives that lie in the folder, each into a folder of its name; tell whether there was one."""
    unpacked = False
    for path in _files(folder):
        target = path.with_name(stem(path)) if is_archive(path) else path
        if target is not path and not os.path.lexists(target):
            unpack(path, target)
            unpacked = True
    return unpacked


def _free(folder: Path, name: str) -> Path:
    """A path in the folder that nothing has."""
    path, number = folder / name, 2
    while os.path.lexists(path):
        path, number = folder / f"{Path(name).stem}-{number}.ipynb", number + 1
    return path


def _quoted(name: str) -> str:
    return f"`{clean(name, 100)}`".replace("\n", " ")
