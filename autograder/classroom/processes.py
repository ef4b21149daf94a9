"""How grading processes begin: forked from a server that has imported what they need, and bounded.

A process started afresh imports torch and pytest for three seconds of CPU time; forked from the server it has them. The
server imports beside whatever the grader does meanwhile. It runs no code of a student's, and its processes are forked
before they have a thread or a jail.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from pathlib import Path

MEMORY_BYTES = 8 << 30
"""Memory that a grading process may map beyond its start; it needs about 1 GiB."""
_IMPORTS = (
    "autograder.classroom.pool",
    "torch.fx.experimental.symbolic_shapes",  # which the first gradient of a process imports, for most of a second
)
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def context() -> BaseContext:
    """How processes are made here, the server running."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    forkserver.set_forkserver_preload([*_IMPORTS])
    kept = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))  # a server with threads could not be forked safely
    try:
        forkserver.ensure_running()
    finally:
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    return multiprocessing.get_context("forkserver")


def begin(profile: Path | None = None) -> None:
    """Runs first in each grading process.

    Args:
        profile: folder in which it writes where its time goes, or None.
    """
    grader = multiprocessing.parent_process()
    assert grader is not None, "a process of the pool has a parent"
    # Ctrl-C at a terminal reaches this process too; the grader decides, and ends it. It is not ignored, because what is
    # ignored stays so in the programs that this process starts.
    signal.signal(signal.SIGINT, lambda number, frame: None)
    # The server lives as long as the processes that it has forked, so its end tells nothing.
    threading.Thread(target=_end_with, args=(grader.sentinel,), daemon=True).start()
    if sys.platform == "linux":
        _bound_memory()
    if profile is not None:
        from autograder.classroom.stages import watch_engine

        watch_engine(profile)


def _end_with(grader: int) -> None:
    """End this process when the grader does, however that is killed."""
    wait([grader])
    os.kill(os.getpid(), signal.SIGTERM)


def _bound_memory() -> None:
    """What a submission makes this process compute (a function of a test's, broadcast over huge tensors) fails before
    it takes all of the machine's memory."""
    import resource

    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if soft == resource.RLIM_INFINITY:  # the hard limit stays: a jail's processes set their own
        resource.setrlimit(resource.RLIMIT_AS, (mapped + MEMORY_BYTES, hard))


def grader_failed(error: Exception) -> str:
    """One clause on a fault of the grader's own, which is said and never a student's zero."""
    return f"the grader failed ({type(error).__name__}: {str(error)[:300]})"


def waits_for_a_person(error: Exception) -> str:
    """Why a submission waits on which the grader itself failed."""
    return f"{grader_failed(error)}; grade it by hand or report it"
