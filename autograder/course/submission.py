"""One student's submission on disk, read without trust."""

from __future__ import annotations

import os
import stat
from pathlib import Path

MAX_NOTEBOOK_BYTES = 64 * 1024 * 1024
"""A larger notebook is not read: it holds outputs nobody needs, and parsing could take the grader's
memory."""

GLOB_CHARACTERS = "*?["
"""nbgrader looks folders up by glob and does not escape them."""

MARKUP_CHARACTERS = '<>"'
"""nbgrader writes folder names into its pages as they are."""
FORMULA_CHARACTERS = ("=", "+", "-", "@")
"""And into the exported table."""


BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Some editors begin a file with it; no notebook has a use for it."""


class SubmissionError(Exception):
    """One submission cannot be read; the message is one sentence for its student and the instructor."""


def id_problem(student: str) -> str | None:
    """Why nbgrader cannot work with this student id (a folder name), or None. Spaces and unicode are fine."""
    if student != student.strip():
        return "the folder name begins or ends with a space, which nbgrader strips"
    if not student.isprintable():
        return "the folder name holds a control character"
    if student.startswith(FORMULA_CHARACTERS):
        return "the folder name begins with = + - or @, which a spreadsheet takes for a formula"
    if any(character in student for character in MARKUP_CHARACTERS):
        return f"the folder name holds one of {MARKUP_CHARACTERS}, which a page takes for markup"
    if any(character in student for character in GLOB_CHARACTERS):
        return f"the folder name holds one of {GLOB_CHARACTERS}, which nbgrader takes for a pattern"
    return None


def read_submitted(path: Path, submitted: Path, limit: int = MAX_NOTEBOOK_BYTES) -> bytes:
    """Read a file under ``submitted`` without following a symbolic link at any level below it.

    Each component is opened relative to its parent with O_NOFOLLOW, so a link swapped in while we look is
    refused too. SubmissionError where the file is missing, reached through a link, no plain file, unreadable
    or longer than ``limit`` bytes.
    """
    parts = path.relative_to(submitted).parts
    if ".." in parts:
        raise SubmissionError(f"{path.name} lies outside the submission folder")
    folder = os.open(submitted, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            inner = _open(part, os.O_RDONLY | os.O_DIRECTORY, folder)
            os.close(folder)
            folder = inner
        # O_NONBLOCK: opening a named pipe must not wait for a writer.
        descriptor = _open(parts[-1], os.O_RDONLY | os.O_NONBLOCK, folder)
    finally:
        os.close(folder)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):  # before it is made a stream, which a folder cannot be
        os.close(descriptor)
        raise SubmissionError(f"{path.name} is not a plain file")
    with open(descriptor, "rb") as stream:
        if status.st_size > limit:
            raise SubmissionError(
                f"{path.name} has {status.st_size / 2**20:,.0f} MiB, a notebook may have "
                f"{limit / 2**20:,.0f}: clear its outputs and submit it again"
            )
        document = stream.read(limit + 1)
    if len(document) > limit:
        raise SubmissionError(f"{path.name} grew past {limit / 2**20:,.0f} MiB while it was read")
    return document


def read_notebook(path: Path, submitted: Path) -> bytes:
    """A submitted notebook's bytes as `read_submitted` has them, without a byte order mark."""
    return read_submitted(path, submitted).removeprefix(BYTE_ORDER_MARK)


def foreign_files(folder: Path) -> list[str]:
    """Links and special files in a submission, relative and sorted; nbgrader would follow and copy them."""
    if folder.is_symlink():
        return [folder.name]
    found: list[str] = []
    for base, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(base, name)
            mode = path.lstat().st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                found.append(str(path.relative_to(folder)))
    return sorted(found)


def _open(name: str, flags: int, folder: int) -> int:
    try:
        return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        raise SubmissionError(f"{name} is missing from the submission") from None
    except OSError as error:
        if _is_link(name, folder):
            raise SubmissionError(f"{name} is a symbolic link, which is not followed") from None
        raise SubmissionError(f"{name} cannot be read: {error.strerror}") from None


def _is_link(name: str, folder: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False
