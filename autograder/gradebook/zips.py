"""``nbgrader zip_collect`` with one student's hostile archive costing only that student."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path, PurePosixPath

from nbgrader.plugins.zipcollect import ExtractorPlugin

MAX_ARCHIVE_BYTES = 512 * 1024 * 1024
"""Unpacked size of one archive; a larger one is a bomb or holds what an assignment never needs."""


class CheckedExtractor(ExtractorPlugin):
    """Unpacks nothing outside its folder, no link and no bomb; skips such an archive with a warning.

    nbgrader's own extractor raises at the first member that points outside, and the whole class's collection
    stops.
    """

    def extract(self, archive_path: str, extracted_path: str) -> None:
        archives = sorted(path for path in Path(archive_path).rglob("*") if path.is_file())
        if not archives:
            self.log.warning("No files found in directory: %s", archive_path)
        for archive in archives:
            target = Path(extracted_path) / archive.parent.relative_to(archive_path)
            target.mkdir(parents=True, exist_ok=True)
            if archive.is_symlink():
                self.log.error("Skipped %s: it is a symbolic link", archive)
            elif archive.suffix not in self.zip_ext:
                shutil.copy(archive, target / archive.name)
            elif problem := archive_problem(archive):
                self.log.error("Skipped %s: %s. Ask the student to submit again.", archive, problem)
            else:
                self.log.info("Extracting from: %s", archive)
                _unpack(archive, target / archive.stem)


def archive_problem(archive: Path) -> str | None:
    """Why a zip archive is not unpacked, or None."""
    if not zipfile.is_zipfile(archive):
        return "it is not a zip archive"
    total = 0
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            path = PurePosixPath(member.filename)
            outside = (
                path.is_absolute() or ".." in path.parts or "\\" in member.filename or ":" in member.filename
            )
            if outside or "\0" in member.filename:
                return f"its member {member.filename!r} points outside the archive"
            if (member.external_attr >> 16) & 0o170000 == 0o120000:
                return f"its member {member.filename!r} is a symbolic link"
            if member.flag_bits & 0x1:
                return "it is encrypted"
            total += member.file_size
    if total > MAX_ARCHIVE_BYTES:
        return f"it unpacks to {total / 2**20:,.0f} MiB, the limit is {MAX_ARCHIVE_BYTES / 2**20:,.0f}"
    return None


def _unpack(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            if member.is_dir():
                continue
            path = folder.joinpath(*PurePosixPath(member.filename).parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            with opened.open(member) as source, open(path, "wb") as target:
                # The header's size was checked; a lying header must not get past it either.
                shutil.copyfileobj(_Capped(source, member.file_size), target)
            os.chmod(path, 0o644)


class _Capped:
    def __init__(self, stream: object, size: int) -> None:
        self._stream, self._left = stream, size

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        data: bytes = self._stream.read(wanted) if wanted else b""  # type: ignore[attr-defined]
        self._left -= len(data)
        return data
