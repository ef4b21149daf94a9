"""The course's secret: hidden inputs follow from it, so that the suites and the seed tell nobody what is asked.

A file beside the gradebook, made at first use. Losing it would give the same submission other inputs than it was graded
with, so it is not made anew where results exist that were graded with one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import tempfile
from pathlib import Path

from autograder.course.folders import Course, CourseError

_BYTES = 32
_MARK = b'"secret_digest": "'
_MOST_LOOKED_AT = 50


def course_secret(course: Course) -> str:
    """The secret of a course, 64 hexadecimal digits; made where there is none yet.

    Only its owner can read it, or, where the course folder is shared by a group, that group.

    Raises:
        CourseError: it is lost, damaged, readable by everybody, or cannot be read or written here.
    """
    path = course.secret
    try:
        if not path.exists():
            if _results_need_it(course.results):
                raise CourseError(
                    f"{path} is lost, and {course.results} holds results that were graded with it: put it back from a "
                    "backup, or move the results away to grade everybody again with a new secret"
                )
            _make(path)
        if path.stat().st_mode & stat.S_IROTH:
            raise CourseError(
                f"everybody on this machine can read {path}: run `chmod o-rwx {path}`, and if a student may have, "
                "move it and the results away to grade with a new one"
            )
        secret = path.read_text(encoding="ascii").strip()
    except PermissionError as error:
        raise CourseError(
            f"{error.filename or path} cannot be used ({error.strerror}): its owner makes it readable with "
            f"`chmod g+r {path}`, where the course folder's group may grade"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"the course's secret {path} cannot be read: {error}") from None
    if len(secret) != 2 * _BYTES or not set(secret) <= set("0123456789abcdef"):
        raise CourseError(f"{path} is damaged, it is not 64 hexadecimal digits: put it back from a backup")
    return secret


def _make(path: Path) -> None:
    """Write a new secret, whole or not at all; where somebody else was first, theirs stays."""
    shared = path.parent.stat().st_mode & stat.S_IWGRP
    descriptor, temporary = tempfile.mkstemp(prefix=".secret-", dir=path.parent)
    try:
        with open(descriptor, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(_BYTES) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        if shared:
            with contextlib.suppress(OSError):  # whoever is not in that group cannot give it the file
                os.chown(temporary, -1, path.parent.stat().st_gid)
            os.chmod(temporary, 0o640)
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        os.unlink(temporary)


def _results_need_it(results: Path) -> bool:
    """Whether a stored result was graded with a secret."""
    for number, path in enumerate(results.glob("*/*.json")):
        if number >= _MOST_LOOKED_AT:
            return False
        with contextlib.suppress(OSError):
            document = path.read_bytes()
            place = document.find(_MARK)
            if place >= 0 and document[place + len(_MARK) : place + len(_MARK) + 1] != b'"':
                return True
    return False
