"""The positive control: what a submission must be able to do."""

from __future__ import annotations

import mmap
import os
import tempfile
import threading
from collections.abc import Callable

from autograder.jail.inside.probes.registry import Facts, inside


def allowed(facts: Facts) -> list[str]:
    """Try each; the names of what failed, and how."""
    facts, failed = inside(facts), []
    for action in _ACTIONS:
        try:
            action(facts)
        except Exception as error:
            failed.append(f"{action.__name__.strip('_')} ({type(error).__name__}: {error})")
    return failed


def _own_file(facts: Facts) -> None:
    path = os.path.join(facts["own_folder"], "folder", "own.txt")
    os.makedirs(os.path.dirname(path))
    with open(path, "w") as file:
        file.write("own")
    os.rename(path, path + ".moved")


def _temporary_file(_: Facts) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"temporary")


def _thread(_: Facts) -> None:
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


def _null_device(_: Facts) -> None:
    with open("/dev/null", "w") as file:
        file.write("nothing")


def _library(_: Facts) -> None:
    with open(os.__file__) as file:
        file.read(10)


def _own_signal(_: Facts) -> None:
    os.kill(os.getpid(), 0)


def _memory(facts: Facts) -> None:
    mmap.mmap(-1, facts["memory_bytes"] // 4).close()


_ACTIONS: tuple[Callable[[Facts], None], ...] = (
    _own_file,
    _temporary_file,
    _thread,
    _null_device,
    _library,
    _own_signal,
    _memory,
)
