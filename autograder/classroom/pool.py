"""A pool of grading processes on this machine. A process that dies takes nothing with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from autograder.classroom.workplace import JailChoice, workplace
from autograder.course import CourseError, SubmissionError
from autograder.grading.assignment import Assignment
from autograder.grading.pytest_session import EVERYTHING, Selection
from autograder.grading.result import Result, decode, encode
from autograder.jail.host.visibility import JailUnavailable
from autograder.jail.inside.syscalls import PR_SET_PDEATHSIG, prctl

MEMORY_BYTES = 8 << 30
"""Memory that a grading process may map beyond its start; it needs about 1 GiB."""


@dataclass(frozen=True)
class Task:
    """One submission to grade."""

    key: str
    document: bytes
    assignment: Assignment
    seed: int
    jail: JailChoice
    selection: Selection = EVERYTHING


def grade_task(task: Task) -> bytes:
    """The task's result document; runs in a process of the pool."""
    return encode(workplace(task.jail).grade(task.document, task.assignment, task.seed, task.selection))


def grade_all(
    tasks: list[Task], jobs: int, run: Callable[[Task], bytes] = grade_task
) -> Iterator[tuple[Task, Result | str]]:
    """Grade tasks in `jobs` processes; yields each as it is finished, with its result or why there is none.

    When a process of the pool dies, the tasks that were running or next are graded again one by one, so that one which
    kills its grader is found out and costs nobody else anything.

    Raises:
        JailUnavailable: no proven jail; nothing more is graded.
    """
    waiting, suspects = list(tasks), list[Task]()
    while waiting:
        suspects, rest = [], waiting
        waiting = []
        for task, outcome in _round(rest, jobs, run):
            if outcome is None:
                suspects.append(task)
            else:
                yield task, outcome
        for task in suspects:
            for _, outcome in _round([task], 1, run):
                yield (
                    task,
                    outcome or "the grading process was killed twice on this submission; grade it by hand",
                )


def _round(
    tasks: list[Task], jobs: int, run: Callable[[Task], bytes]
) -> Iterator[tuple[Task, Result | str | None]]:
    """One pool's life; None for a task that was running when a process of the pool died."""
    context = multiprocessing.get_context("spawn")
    left = list(reversed(tasks))
    running: dict[Future[bytes], Task] = {}
    size = max(1, min(jobs, len(tasks)))
    with ProcessPoolExecutor(size, context, initializer=_begin, initargs=(os.getpid(),)) as pool:
        try:
            broken = False
            while left or running:
                # One task waits beside each that runs, so that no process idles while this one is busy; no more, so
                # that a broken pool tells within a few tasks which one broke it.
                while left and not broken and len(running) < 2 * jobs:
                    try:
                        running[pool.submit(run, left[-1])] = left[-1]
                    except BrokenProcessPool:  # it broke while what it had finished was looked at
                        broken = True
                    else:
                        left.pop()
                if broken and not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    task = running.pop(future)
                    outcome = _outcome(future)
                    broken = broken or outcome is None
                    yield task, outcome
        finally:
            for future in running:
                future.cancel()
    if left:
        yield from _round(list(reversed(left)), jobs, run)


def _begin(parent: int) -> None:
    """Runs first in each process of the pool."""
    if sys.platform == "linux":
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)  # it ends when the grader does, however that is killed
        _bound_memory()
    if os.getppid() != parent:  # gone already
        os._exit(1)


def _bound_memory() -> None:
    """Work that a submission makes this process do (a function of a test's, broadcast over huge tensors) fails before
    it takes all of the machine's memory."""
    import resource

    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if soft == resource.RLIM_INFINITY:  # the hard limit stays: a jail's processes set their own
        resource.setrlimit(resource.RLIMIT_AS, (mapped + MEMORY_BYTES, hard))


def _outcome(future: Future[bytes]) -> Result | str | None:
    try:
        return decode(future.result())
    except BrokenProcessPool:
        return None
    except JailUnavailable:
        raise
    except (SubmissionError, CourseError) as error:
        return str(error)
    except Exception as error:  # the grader's own fault: said, and never a student's zero
        return (
            f"the grader failed ({type(error).__name__}: {str(error)[:300]}); grade it by hand or report it"
        )
