"""A submission that no machine graded, as formgrader shows it: why it waits, what was found, what an instructor does.

nbgrader's own autograde makes no page where the asked notebook is missing, and formgrader then opens nothing.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook
from nbgrader.utils import parse_utc

from autograder.course import Course, SubmissionError, id_problem, read_notebook, read_submitted
from autograder.course.sharing import share
from autograder.course.untrusted import clean

WAITS = "autograder_waits"
"""Key in the metadata of an autograded notebook: why a grade cell has no score, by grade id."""
MOST_FILES = 30
TIMESTAMP = "timestamp.txt"
"""The file beside a submitted notebook that says when it was handed in."""
WRITE_TIME = "write it as 2026-11-20 21:30:00 UTC, or delete the file"


def reasons_in(course: Course, assignment: str, student: str) -> dict[str, str]:
    """Why grade cells of a submission have no score, by grade id, from its autograded page; empty without one."""
    reasons: dict[str, str] = {}
    for page in sorted((course.autograded / student / assignment).glob("*.ipynb")):
        try:
            found = json.loads(page.read_bytes())["metadata"][WAITS]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        reasons |= {str(name): str(why) for name, why in found.items()}
    return reasons


def submitted_at(course: Course, assignment: str, student: str) -> datetime | None:
    """When it was handed in, by the exchange's file; None where there is none that can be trusted."""
    path = course.submission_folder(student, assignment) / TIMESTAMP
    try:
        return parse_utc(read_submitted(path, course.submitted, limit=100).decode().strip())
    except (SubmissionError, OSError, ValueError, OverflowError):
        return None


def timestamp_problem(course: Course, assignment: str, student: str) -> str | None:
    """Why the time in ``timestamp.txt`` cannot be used, or None; nbgrader stops at such a file."""
    path = course.submission_folder(student, assignment) / TIMESTAMP
    if not os.path.lexists(path):
        return None
    try:
        text = read_submitted(path, course.submitted, limit=100).decode().strip()
    except SubmissionError as error:
        return str(error)
    except ValueError:
        return f"{TIMESTAMP} is not text: {WRITE_TIME}"
    try:
        parse_utc(text or "2026-01-01")  # an empty file is no time, which nbgrader accepts
    except (ValueError, OverflowError):
        return f"{TIMESTAMP} holds {clean(text, 40)!r}, which is not a time: {WRITE_TIME}"
    return None


def page_of(
    course: Course, assignment: str, student: str, notebook: str, why: str
) -> tuple[NotebookNode, NotebookNode]:
    """The cell that says why nobody graded a submission, and the notebook that was found, whatever its name.

    The notebook's cells have no outputs, and no metadata but the grade ids that it claims; it is empty where none was
    found or several were.
    """
    from autograder.gradebook.submission import parse_notebook

    folder = course.submission_folder(student, assignment)
    found = list(_found(folder))
    asked, names = f"{notebook}.ipynb", [name for name, plain in found if plain and name.endswith(".ipynb")]
    chosen = asked if asked in names else names[0] if len(names) == 1 else ""
    page, shown = new_notebook(metadata={"language_info": {"name": "python"}}), ""
    if chosen:
        try:
            page = parse_notebook(read_notebook(folder / chosen, course.submitted))
            shown = f"Below is what `{asked}` would be: the cells of the one notebook that was found."
        except SubmissionError as error:
            why = f"{why}; and {error}"
    lines = [
        clean(name, 120).replace("\n", " ") + ("" if plain else "   (not followed)") for name, plain in found
    ]
    listing = "\n".join(f"    {line}" for line in lines[:MOST_FILES]) or "    nothing"
    if len(lines) > MOST_FILES:
        listing += f"\n    and {len(lines) - MOST_FILES} more"
    put_right = (
        f"rename the notebook in `submitted/` to `{asked}`"
        if chosen and chosen != asked
        else "put right what is named above, or ask for a new submission"
    )
    intro = (
        "# Not graded yet: a person has to look\n\n"
        f"The reason:\n\n    {clean(why, 400).replace(chr(10), ' ')}\n\n"
        f"Found in the submission:\n\n{listing}\n\n"
        f"**If you are the instructor**, {put_right}, and run `autograder grade {assignment}` again. Or give the "
        "points here by hand: they stay when the assignment is graded again.\n\n"
        "**If you are the student**, this is not a zero. Ask your instructor whether you should hand in again.\n\n"
        f"{shown}"
    )
    return new_markdown_cell(intro.rstrip(), id="why-it-waits"), page


def write_page(course: Course, assignment: str, student: str, notebook: str, page: NotebookNode) -> None:
    """Put the page where formgrader looks for it."""
    folder = course.autograded / student / assignment
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{notebook}.ipynb"
    path.write_text(nbformat.writes(page), encoding="utf-8")
    for made in (course.autograded, folder.parent, folder, path):
        share(made, course.root)


def can_have_page(course: Course, student: str) -> bool:
    """Tell whether nbgrader can find a page by this student id, and the folder for it is the course's own."""
    folder = course.autograded / student
    return id_problem(student) is None and not folder.is_symlink()


def _found(folder: Path) -> Iterator[tuple[str, bool]]:
    """The names in a submission's folder, and whether each is a plain file or folder; links are not followed."""
    if folder.is_symlink() or folder.parent.is_symlink() or not folder.is_dir():
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        mode = entry.stat(follow_symlinks=False).st_mode
        name = entry.name.encode("utf-8", "replace").decode("utf-8")
        yield name + ("/" if stat.S_ISDIR(mode) else ""), stat.S_ISREG(mode) or stat.S_ISDIR(mode)
