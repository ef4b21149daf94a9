"""A course on disk: where sources, submissions, results and grades live; a submission is read without
trust."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
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


class CourseError(Exception):
    """Something is wrong with the course or the machine; the message is one line with what to do."""


class SubmissionError(Exception):
    """One submission cannot be read; the message is one sentence for its student and the instructor."""


@dataclass(frozen=True)
class Course:
    """The folders of a course, nbgrader's default layout.

    ``source/<assignment>/``, ``release/<assignment>/``, ``submitted/<student>/<assignment>/``,
    ``autograded/<student>/<assignment>/``, ``feedback/<student>/<assignment>/``, ``results/`` (the result
    store) and ``gradebook.db``.
    """

    root: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", Path(self.root).resolve())

    @property
    def source(self) -> Path:
        return self.root / "source"

    @property
    def release(self) -> Path:
        return self.root / "release"

    @property
    def submitted(self) -> Path:
        return self.root / "submitted"

    @property
    def autograded(self) -> Path:
        return self.root / "autograded"

    @property
    def feedback(self) -> Path:
        return self.root / "feedback"

    @property
    def results(self) -> Path:
        return self.root / "results"

    @property
    def gradebook(self) -> Path:
        return self.root / "gradebook.db"

    def assignments(self) -> list[str]:
        """Every assignment that has a source notebook, sorted."""
        if not self.source.is_dir():
            return []
        return sorted({path.parent.name for path in self.source.glob("*/*.ipynb")})

    def notebooks(self, assignment: str) -> list[str]:
        """The assignment's notebooks without ``.ipynb``, sorted. CourseError where there is none."""
        names = sorted(path.stem for path in (self.source / assignment).glob("*.ipynb"))
        if not names:
            known = ", ".join(self.assignments()) or "none"
            raise CourseError(
                f"no assignment {assignment!r} under {self.source} (there: {known}); "
                "run the command in the course folder, or make the notebooks first with `make notebooks`"
            )
        return names

    def source_notebook(self, assignment: str, notebook: str) -> Path:
        return self.source / assignment / f"{notebook}.ipynb"

    def submission_folder(self, student: str, assignment: str) -> Path:
        return self.submitted / student / assignment

    def students(self, assignment: str) -> list[str]:
        """Every student with a folder for this assignment, sorted; links too, which reading then refuses."""
        if not self.submitted.is_dir():
            return []
        try:
            return sorted(
                entry.name
                for entry in self.submitted.iterdir()
                if not entry.name.startswith(".") and os.path.lexists(entry / assignment)
            )
        except PermissionError as error:
            raise CourseError(
                f"{self.submitted} cannot be listed ({error.strerror}): make it readable"
            ) from None

    def select(self, assignment: str, wanted: tuple[str, ...] = ()) -> list[str]:
        """The students to grade: all who submitted, or those ``wanted``. CourseError names who is missing."""
        present = self.students(assignment)
        if not wanted:
            if not present:
                raise CourseError(
                    f"no submissions of {assignment!r} under {self.submitted}; "
                    f"run `nbgrader collect {assignment}` or `nbgrader zip_collect {assignment}` first"
                )
            return present
        missing = [student for student in wanted if student not in present]
        if missing:
            raise CourseError(
                f"no submission of {assignment!r} by {', '.join(map(repr, missing))}; "
                f"expected {self.submission_folder(missing[0], assignment)}"
            )
        return [student for student in present if student in wanted]

    def submission(self, student: str, assignment: str, notebook: str) -> bytes:
        """The submitted notebook's bytes; SubmissionError where it is missing, a link, special or too
        large."""
        path = self.submission_folder(student, assignment) / f"{notebook}.ipynb"
        return read_submitted(path, self.submitted)


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
