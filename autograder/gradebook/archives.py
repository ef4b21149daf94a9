"""Archives that students and platforms make, unpacked without trust: zip, tar and tar.gz, and those inside them."""

from __future__ import annotations

import contextlib
import gzip
import lzma
import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

MAX_ARCHIVE_BYTES = 512 * 1024 * 1024
"""Unpacked size of one archive; a larger one is a bomb or holds what an assignment never needs."""
MOST_MEMBERS = 20_000
"""Members of one archive; a class of a thousand with some files each has fewer."""
DEEPEST = 2
"""Archives inside an archive are unpacked so many times; what is deeper stays packed."""
ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz")
_DAMAGE = (
    *(zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, lzma.LZMAError, zlib.error),
    *(NotImplementedError, EOFError),
)
"""What Python raises for a file that is no archive; a full disk is another matter."""
PASSED_OVER = ("__MACOSX", ".ipynb_checkpoints", ".DS_Store")
"""What systems and editors leave in an archive; nothing of it is a student's work."""


@dataclass(frozen=True)
class Member:
    """A file in an archive."""

    name: str
    size: int
    problem: str = ""
    """Why the archive must not be unpacked, where this member is the reason."""
    time: datetime | None = None
    """As the archive has it; naive where it is in nobody's time zone, as in a zip."""

    @property
    def path(self) -> PurePosixPath:
        return PurePosixPath(self.name)


class Archive(Protocol):
    """What zip and tar have in common."""

    def members(self) -> Iterator[Member]:
        """Every file; folders are left out."""

    def open(self, member: Member) -> IO[bytes]:
        """The member's bytes."""


def is_archive(path: Path) -> bool:
    """Tell by its name whether a file is an archive."""
    return path.name.lower().endswith(ENDINGS)


def stem(path: Path) -> str:
    """An archive's name without its ending."""
    ending = next(end for end in sorted(ENDINGS, key=len, reverse=True) if path.name.lower().endswith(end))
    return path.name[: -len(ending)] or path.name


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """An archive to read. ValueError where it is not one, or is damaged."""
    try:
        if path.name.lower().endswith(".zip"):
            with zipfile.ZipFile(path) as as_zip:
                yield _Zip(as_zip)
        else:
            with tarfile.open(path, "r:*") as as_tar:
                yield _Tar(as_tar)
    except _DAMAGE as error:
        kind = "zip" if path.name.lower().endswith(".zip") else "tar"
        raise ValueError(f"it is not a {kind} archive, or is damaged ({error})") from None


def archive_problem(path: Path, limit: int = MAX_ARCHIVE_BYTES) -> str | None:
    """Why an archive is not unpacked, or None. The limit is of bytes, unpacked."""
    try:
        with opened(path) as archive:
            return _problem(archive, limit)
    except ValueError as error:
        return str(error)


def unpack(path: Path, folder: Path, *, deep: int = DEEPEST) -> list[str]:
    """Unpack an archive and those inside it into ``folder``; returns what was not, a sentence each.

    An inner archive's files lie in a folder of its name beside it, and it is gone itself. Nothing is written outside
    ``folder``, no link is made, a member never gets longer than its header said, and all together stay under the limit.
    """
    return _unpack(path, folder, deep, [MAX_ARCHIVE_BYTES])


def _unpack(path: Path, folder: Path, deep: int, left: list[int]) -> list[str]:
    """`unpack`, of which all the archives together may have so many bytes as are left."""
    if problem := archive_problem(path, left[0]):
        return [f"{path.name}: {problem}"]
    said: list[str] = []
    try:
        _unpack_members(path, folder, deep, left, said)
    except ValueError as error:
        said.append(f"{path.name}: {error}")
    return said


def _unpack_members(path: Path, folder: Path, deep: int, left: list[int], said: list[str]) -> None:
    with opened(path) as archive:
        for member in archive.members():
            target = folder.joinpath(*member.path.parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, open(target, "wb") as stream:
                copy_capped(source, stream, member.size)
            os.chmod(target, 0o644)
            left[0] -= member.size
            if deep > 1 and is_archive(target):
                inner = target.with_name(stem(target))
                taken = os.path.lexists(inner)
                problems = [f"{target.name}: a file of its name lies beside it"] if taken else []
                problems = problems or _unpack(target, inner, deep - 1, left)
                said += problems
                if not problems:
                    target.unlink()


def copy_capped(source: IO[bytes], target: IO[bytes], size: int) -> None:
    """Copy at most ``size`` bytes: a header that lies must not get past the check of sizes."""
    left = size
    while left > 0 and (piece := source.read(min(left, 1 << 20))):
        target.write(piece)
        left -= len(piece)


def is_work(path: PurePosixPath) -> bool:
    """Tell whether a file may be a student's work: not what a system or an editor has left there."""
    return not any(part in PASSED_OVER or part.startswith("._") for part in path.parts)


def _problem(archive: Archive, limit: int) -> str | None:
    total = 0
    for count, member in enumerate(archive.members(), 1):
        if member.problem:
            return member.problem
        path, name = member.path, member.name
        outside = path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or not path.parts
        if outside or "\0" in name:
            return f"its member {name!r} points outside the archive"
        total += member.size
        if total > limit:
            return f"it unpacks to more than {MAX_ARCHIVE_BYTES / 2**20:,.0f} MiB, which is the limit"
        if count > MOST_MEMBERS:
            return f"it has over {MOST_MEMBERS:,} files, which is the limit"
    return None


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def members(self) -> Iterator[Member]:
        for info in self._archive.infolist():
            if info.is_dir():
                continue
            problem = ""
            if (info.external_attr >> 16) & 0o170000 == 0o120000:
                problem = f"its member {info.filename!r} is a symbolic link"
            elif info.flag_bits & 0x1:
                problem = "it is encrypted"
            yield Member(info.filename, info.file_size, problem, _zip_time(info))

    def open(self, member: Member) -> IO[bytes]:
        return self._archive.open(member.name)


class _Tar:
    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive

    def members(self) -> Iterator[Member]:
        for info in self._archive:
            if info.isdir():
                continue
            problem = "" if info.isreg() else f"its member {info.name!r} is a link or a special file"
            yield Member(info.name, info.size, problem, datetime.fromtimestamp(info.mtime).astimezone())

    def open(self, member: Member) -> IO[bytes]:
        found = self._archive.extractfile(member.name)
        assert found is not None, "links and special files have been refused"
        return found


def _zip_time(info: zipfile.ZipInfo) -> datetime | None:
    """The time of a zip's member; None where there is none, which zip writes as the beginning of 1980."""
    if info.date_time <= (1980, 1, 1, 23, 59, 59):
        return None
    try:
        return datetime(*info.date_time)
    except ValueError:
        return None


def copy_file(source: Path, target: Path) -> None:
    """Copy a plain file, its folders made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target, follow_symlinks=False)
