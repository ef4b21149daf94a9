"""A submission's own folder, and its removal whatever was built in it."""

from __future__ import annotations

import os
import stat
import tempfile


def make(root: str) -> str:
    """A new, empty, private folder for one submission inside `root`; its path."""
    return tempfile.mkdtemp(prefix="submission-", dir=root)


def clear(folder: str, *, keep: bool = False) -> None:
    """Remove a folder and all in it (`keep`: only what is in it). A folder that is gone is fine.

    Nobody else may be writing there. Symbolic links are removed, not followed; the depth of the tree costs
    neither stack nor descriptors, and paths longer than the system's limit do not hinder it.
    """
    try:
        here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    trail: list[str] = []
    try:
        while True:
            below = _remove_files(here)
            if below is not None:
                trail.append(below)
                here = _move(here, below)
            elif trail:
                here = _move(here, "..")
                os.rmdir(trail.pop(), dir_fd=here)
            else:
                break
    finally:
        os.close(here)
    if not keep:
        os.rmdir(folder)


def _remove_files(here: int) -> str | None:
    """Remove whatever is not a folder, and empty folders; a folder that is not empty, or None."""
    below = None
    with os.scandir(here) as entries:
        for entry in entries:
            if not stat.S_ISDIR(entry.stat(follow_symlinks=False).st_mode):
                os.unlink(entry.name, dir_fd=here)
                continue
            try:
                os.rmdir(entry.name, dir_fd=here)
            except OSError:
                below = entry.name
    return below


def _move(here: int, name: str) -> int:
    there = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
    os.close(here)
    return there
