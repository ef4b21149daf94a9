"""One grader at a time in a course: a lock file that says who holds it and is free the moment its holder
dies."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from autograder.course.folders import CourseError

POLL = 0.2


@contextlib.contextmanager
def grading_lock(
    root: Path, *, wait: bool = True, on_wait: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold the course under ``root``; the kernel frees the lock when the process ends, however it ends.

    ``on_wait`` is called once with who holds the lock before waiting. CourseError where it is held and
    ``wait`` is false, or where the folder cannot be written.
    """
    import fcntl

    path = root / ".autograder.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o664)
    except OSError as error:
        raise CourseError(
            f"{root} cannot be written ({error.strerror}): grading needs a writable course"
        ) from None
    try:
        told = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                holder = os.pread(descriptor, 500, 0).decode("utf-8", "replace").strip() or "another grader"
                if not wait:
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
