"""Results on disk, by content address. A result is either there whole or not there, whenever the power goes."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from autograder.course import CourseError
from autograder.course.sharing import ADVICE, share
from autograder.grading.result import Result, decode, encode


class ResultStore:
    """A folder of result documents named by their key.

    Writing makes a temporary file, flushes it to the disk and renames it, so a reader sees the old document, the
    new one, or none, and a killed writer leaves at most a temporary file that nobody reads.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        return self.root / key[:2] / f"{key}.json"

    def get(self, key: str) -> Result | None:
        """The stored result, or None where there is none or its document is damaged (it is then made again)."""
        try:
            result = decode(self.path(key).read_bytes())
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        except PermissionError as error:
            raise CourseError(f"a result under {self.root} belongs to somebody else: {ADVICE}") from error
        except OSError as error:
            raise CourseError(f"results cannot be read from {self.root} ({error.strerror})") from error
        return result if result.key == key else None

    def put(self, result: Result) -> None:
        """Store a result. CourseError where the disk is full or read-only; what was stored before is untouched."""
        path = self.path(result.key)
        temporary: str | None = None
        try:
            for folder in (self.root, path.parent):
                if not folder.is_dir():
                    folder.mkdir(parents=True, exist_ok=True)
                    share(folder, self.root.parent)
            descriptor, temporary = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
            with open(descriptor, "wb") as stream:
                stream.write(encode(result))
                stream.flush()
                os.fsync(stream.fileno())
            share(Path(temporary), self.root.parent)  # a temporary file is its maker's alone
            os.replace(temporary, path)
            self._flush_folder(path.parent)
        except OSError as error:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
            raise CourseError(
                f"results cannot be written to {self.root} ({error.strerror}): make room or make it writable, "
                "then run the same command again; what is stored stays"
            ) from error

    @staticmethod
    def _flush_folder(folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
