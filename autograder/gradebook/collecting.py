"""Submissions out of what a learning platform lets an instructor download, into ``submitted/``.

The names in these downloads tell whose a file is:

- Canvas, "Download Submissions": ``lovelaceada_LATE_101_5551_lines.ipynb``, that is name, a mark on late ones, Canvas's
  number of the student, the number of the file, and its name.
- Moodle, "Download all submissions": ``Ada Lovelace_7001_assignsubmission_file_/lines.ipynb``, or the same in one name.
- Folders: a folder, an archive or a notebook with the student's id for a name.
"""

from __future__ import annotations

import enum
import os
import re
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path, PurePosixPath

from autograder.course import Course, CourseError, id_problem
from autograder.course.deadlines import read_deadlines
from autograder.course.roster import Member, read_roster
from autograder.course.sharing import share
from autograder.gradebook.archives import copy_file, is_archive, is_work, opened, stem, unpack

REPLACED = ".replaced"
"""Folder under ``submitted/`` for what a newer hand-in has replaced."""
TIMESTAMP = "timestamp.txt"
_CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_\d+_(?P<rest>.+)", re.DOTALL)
_MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_file(?:_(?P<rest>.*))?", re.DOTALL)


class Origin(enum.StrEnum):
    """Where a download comes from."""

    CANVAS = "canvas"
    MOODLE = "moodle"
    FOLDERS = "folders"


@dataclass(frozen=True)
class Piece:
    """A file of a download.

    Attributes:
        name, number: the student's as the platform writes them; for folders the name is the student's id.
        place: the file's path in the student's own submission. path: where it lies. late: whether Canvas marks it so.
    """

    name: str
    number: str
    place: PurePosixPath
    path: Path
    late: bool = False
    time: datetime | None = None


@dataclass
class Collected:
    """What became of a download; students by id."""

    taken: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """What was not taken, a sentence each."""

    def lines(self, assignment: str) -> list[str]:
        """The outcome for the terminal."""
        said = [
            f"{assignment}: {len(self.taken)} taken, {len(self.replaced)} replaced, {len(self.same)} as they were"
        ]
        if self.late:
            said.append(f"Canvas marks as late: {', '.join(self.late)}")
        return [*said, *(f"not taken: {problem}" for problem in self.problems)]


def collect(
    course: Course,
    assignment: str,
    download: Path,
    origin: Origin,
    *,
    update: bool = False,
    times: bool = False,
) -> Collected:
    """Put a download's submissions into ``submitted/``, each whole or not at all.

    Args:
        download: an archive, or a folder that it was unpacked into.
        update: replace what lies there; the old one goes to ``submitted/.replaced/``.
        times: the archive's members have the time of the hand-in. Where they have that of the download instead,
            everybody would be late.

    Raises:
        CourseError: the assignment, the roster or the download cannot be used; then nothing was changed.
    """
    course.notebooks(assignment)
    if not is_archive(download) and not download.is_dir():
        raise CourseError(f"{download} is neither a folder nor an archive (zip, tar, tar.gz)")
    members, zone = read_roster(course), read_deadlines(course).zone
    course.submitted.mkdir(exist_ok=True)
    found = Collected()
    with tempfile.TemporaryDirectory(prefix=".collecting-", dir=course.submitted) as temporary:
        unpacked, own_times = download, dict[str, datetime]()
        if download.is_file():
            unpacked = Path(temporary) / "download"
            own_times = _times(download)
            if problems := unpack(download, unpacked, deep=1):
                raise CourseError(f"{problems[0]}; nothing was changed")
        by_student: defaultdict[str, list[Piece]] = defaultdict(list)
        pieces = list(_pieces(unpacked, origin, own_times))
        if not pieces:
            raise CourseError(
                f"{download} holds nothing that is named as {origin} names it: try another --from ({', '.join(Origin)})"
            )
        for piece in pieces:
            student = _student(piece, origin, members)
            if isinstance(student, str):
                by_student[student].append(piece)
            elif (problem := student[0]) not in found.problems:
                found.problems.append(problem)
        for student in sorted(by_student):
            made = Path(temporary) / "made" / student
            found.problems += [f"{student}: {why}" for why in _make(made, by_student[student], origin)]
            if times:
                _stamp(made, by_student[student], zone)
            if any(piece.late for piece in by_student[student]):
                found.late.append(student)
            _put(course, assignment, student, made, found, update)
    return found


def _pieces(folder: Path, origin: Origin, times: dict[str, datetime]) -> Iterator[Piece]:
    for base, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(base, name)
            inside = PurePosixPath(path.relative_to(folder).as_posix())
            if path.is_symlink() or not path.is_file() or not is_work(inside):
                continue
            if (found := _named(inside, origin)) is not None:
                owner, number, place, late = found
                yield Piece(owner, number, place, path, late, times.get(str(inside)))


def _named(inside: PurePosixPath, origin: Origin) -> tuple[str, str, PurePosixPath, bool] | None:
    """Name, number, place and lateness by a member's path; None where it is not named in this way."""
    if origin is Origin.FOLDERS:
        first, *rest = inside.parts
        if rest:
            return first, "", PurePosixPath(*rest), False
        owner = stem(Path(first)) if is_archive(Path(first)) else Path(first).stem
        return owner, "", PurePosixPath(first), False
    if origin is Origin.CANVAS:
        if (found := _CANVAS.fullmatch(inside.name)) is None:
            return None
        return found["name"], found["id"], PurePosixPath(found["rest"]), found["late"] is not None
    for at, part in enumerate(inside.parts):
        if found := _MOODLE.fullmatch(part):
            rest = [piece for piece in (found["rest"], *inside.parts[at + 1 :]) if piece]
            return (found["name"], found["id"], PurePosixPath(*rest), False) if rest else None
    return None


def _student(piece: Piece, origin: Origin, members: Iterable[Member]) -> str | tuple[str]:
    """The student's id, or in a tuple why nobody can be told."""
    if origin is Origin.FOLDERS:
        problem = id_problem(piece.name)
        return (f"{piece.name}: {problem}",) if problem else piece.name
    numbers = {piece.number, f"Participant {piece.number}"}
    fits = [member for member in members if member.lms_user_id in numbers]
    if not fits and origin is Origin.MOODLE:
        fits = [member for member in members if _plain(member.name) == _plain(piece.name)]
    if len(fits) == 1:
        return fits[0].id
    why = "nobody on the roster has" if not fits else f"{len(fits)} students on the roster have"
    which = "this number" if origin is Origin.CANVAS else "this number or name"
    return (
        f"{piece.name} ({origin} {piece.number}): {why} {which}; enter the class with `autograder roster`",
    )


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def _make(folder: Path, pieces: list[Piece], origin: Origin) -> list[str]:
    """Lay a student's files out as a submission; archives are unpacked. Returns what could not be."""
    said: list[str] = []
    folder.mkdir(parents=True, exist_ok=True)
    for piece in pieces:
        if piece.place.name == TIMESTAMP and origin is not Origin.FOLDERS:
            continue  # the student's own: only the platform knows the time
        target = folder.joinpath(*piece.place.parts)
        if not is_archive(piece.path):
            copy_file(piece.path, target)
            continue
        whole = origin is Origin.FOLDERS and len(piece.place.parts) == 1 and stem(piece.path) == piece.name
        inner = folder if whole else target.with_name(stem(target))
        stamp = inner / TIMESTAMP
        kept = stamp.read_bytes() if stamp.is_file() else None
        if problems := unpack(piece.path, inner):
            said += problems
            copy_file(piece.path, target)
        stamp.unlink(missing_ok=True)  # the archive's own, which the student has made
        if kept is not None:
            stamp.write_bytes(kept)
    return said


def _stamp(folder: Path, pieces: list[Piece], zone: tzinfo) -> None:
    known = [piece.time for piece in pieces if piece.time is not None]
    aware = [time if time.tzinfo is not None else time.replace(tzinfo=zone) for time in known]
    if aware:
        latest = max(aware).astimezone(UTC)
        (folder / TIMESTAMP).write_text(f"{latest:%Y-%m-%d %H:%M:%S} UTC\n")


def _put(course: Course, assignment: str, student: str, made: Path, found: Collected, update: bool) -> None:
    target = course.submission_folder(student, assignment)
    if os.path.lexists(target):
        if _holds(target, made):
            found.same.append(student)
            return
        if not update:
            found.problems.append(f"{student}: another hand-in lies in {target}; --update takes the new one")
            return
        aside = course.submitted / REPLACED / student
        aside.mkdir(parents=True, exist_ok=True)
        number = 1 + len(list(aside.iterdir()))
        os.replace(target, aside / f"{assignment}-{number}")
        found.replaced.append(student)
    else:
        found.taken.append(student)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(made, target)
    for path in (course.submitted, target.parent, target, *target.rglob("*")):
        share(path, course.root)


def _holds(target: Path, made: Path) -> bool:
    """Tell whether a submission already has every file of another one; what was put beside them stays."""
    if target.is_symlink() or not target.is_dir():
        return False
    for path in made.rglob("*"):
        there = target / path.relative_to(made)
        if path.is_file() and (
            there.is_symlink() or not there.is_file() or there.read_bytes() != path.read_bytes()
        ):
            return False
    return True


def _times(archive: Path) -> dict[str, datetime]:
    try:
        with opened(archive) as members:
            return {str(one.path): one.time for one in members.members() if one.time is not None}
    except ValueError as error:
        raise CourseError(f"{archive}: {error}; nothing was changed") from None
