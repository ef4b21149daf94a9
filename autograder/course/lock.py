"""One grader at a time in a course: a lock file that says who holds it and is free the moment its holder
dies."""

from __future__ import annotations

import contextlib
import getpass
import math
import os
import socket
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from autograder.course.folders import CourseError
from autograder.course.sharing import ADVICE, share

POLL = 0.2


@contextlib.contextmanager
def grading_lock(
    root: Path,
    *,
    wait: bool = True,
    patience: float = math.inf,
    on_wait: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Hold the course under ``root``; the kernel frees the lock when the process ends, however it ends.

    ``on_wait`` is called once with who holds the lock before waiting. CourseError where it is held and
    ``wait`` is false, where it is still held after ``patience`` seconds, or where the folder cannot be written.
    """
    import fcntl

    path = root / ".autograder.lock"
    try:
        descriptor = _open(path)
    except PermissionError:
        raise CourseError(
            f"{path if os.path.exists(path) else root} cannot be written by you: {ADVICE}"
        ) from None
    except OSError as error:
        raise CourseError(
            f"{root} cannot be written ({error.strerror}): grading needs a writable course"
        ) from None
    try:
        share(path, root)
        told, end = False, time.monotonic() + patience
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                holder = os.pread(descriptor, 500, 0).decode("utf-8", "replace").strip() or "another grader"
                if not wait or time.monotonic() >= end:
                    raise CourseError(
                        f"this course is being graded by {holder}; wait until it is done"
                    ) from None
                if not told and on_wait is not None:
                    on_wait(holder)
                told = True
                time.sleep(POLL)
        _sign(descriptor, path)
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    try:  # a kernel may refuse O_CREAT on another user's file in a folder that several may write to
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o664)


def _sign(descriptor: int, path: Path) -> None:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"user {os.getuid()}"
    since = datetime.now().astimezone().strftime("%H:%M:%S")
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(
            descriptor, f"{user} on {socket.gethostname()}, process {os.getpid()}, since {since}".encode(), 0
        )
    except OSError as error:
        raise CourseError(f"{path} cannot be written: {error.strerror}; free some disk space") from None
