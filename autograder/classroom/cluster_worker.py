"""A cluster's worker grades: the function that dask calls there, and the processes in which it grades.

A worker's thread hands each task to a grading process of its own, begun as the local pool's are (`processes`): with
their bound on memory, their end when the worker ends, and the jail proved once in each. So a submission that kills its
grader costs nobody else anything, and dask's own process runs none of the grader's code.
"""

from __future__ import annotations

import multiprocessing
import socket
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

import msgspec

from autograder.classroom.processes import begin, context, grader_failed, waits_for_a_person

if TYPE_CHECKING:
    from autograder.classroom.workplace import JailChoice
    from autograder.grading.assignment import Assignment

PROVE = b""
"""Instead of a task: only prove the jail, and that this machine grades as the grader does."""
_TRIES = 2


def run(task: bytes, assignment: bytes) -> bytes:
    """The `Answer` to a `TaskParcel`, or to `PROVE`; dask calls it in a thread of the worker.

    It raises nothing of ours, so that no exception with a student's text in it is pickled.
    """
    from distributed import get_worker

    where = f"worker {socket.gethostname()} ({get_worker().address})"
    with _lock:
        seat = _idle.pop() if _idle else _Seat()
    try:
        return seat.run(task, assignment, where)
    finally:
        with _lock:
            _idle.append(seat)


class _Seat:
    """One grading process; it is replaced when it dies."""

    def __init__(self) -> None:
        self._executor = self._new()

    @staticmethod
    def _new() -> ProcessPoolExecutor:
        # A nanny marks its worker as one that must not have children, because it would not end them. Ours end by
        # themselves when the worker does.
        multiprocessing.current_process().daemon = False
        return ProcessPoolExecutor(1, context(), initializer=begin)

    def run(self, task: bytes, assignment: bytes, where: str) -> bytes:
        """The answer; what kills the process is tried once more in a new one."""
        from autograder.classroom.parcels import Answer
        from autograder.classroom.pool import KILLED

        for _ in range(_TRIES):
            try:
                return self._executor.submit(answer, task, assignment, where).result()
            except BrokenProcessPool:
                self._executor.shutdown()
                self._executor = self._new()
        said = Answer(waits=KILLED) if task != PROVE else Answer(stops=f"{where}: grading processes die here")
        return msgspec.msgpack.encode(said)


_lock = threading.Lock()
_idle: list[_Seat] = []


# In the grading process ------------------------------------------------------------------------------------------


def answer(task: bytes, assignment: bytes, where: str) -> bytes:
    """Grade a task in this process's jail."""
    from autograder.classroom.parcels import Answer, unpack_task
    from autograder.classroom.workplace import workplace
    from autograder.course import CourseError, SubmissionError
    from autograder.grading.result import encode
    from autograder.jail.host.visibility import JailUnavailable

    try:
        known, jail = _assignment(assignment)
        place = workplace(jail)
        if task == PROVE:
            said = Answer(proofs=place.proofs)
        else:
            cells, seed, selection = unpack_task(task)
            said = Answer(document=encode(place.grade(cells, known, seed, selection)))
    except (CourseError, JailUnavailable) as error:
        said = Answer(stops=f"{where}: {error}", unjailed=isinstance(error, JailUnavailable))
    except SubmissionError as error:
        said = Answer(waits=str(error))
    except Exception as error:
        said = Answer(waits=waits_for_a_person(error))
        if task == PROVE:
            said = Answer(stops=f"{where}: {grader_failed(error)}")
    return msgspec.msgpack.encode(said)


_known: dict[bytes, tuple[object, Assignment, JailChoice]] = {}


def _assignment(parcel: bytes) -> tuple[Assignment, JailChoice]:
    """The assignment as it is here now: a worker that runs for weeks meets an edited suite."""
    from autograder.classroom.parcels import unpack_assignment
    from autograder.grading.assignment import files_stamp

    known = _known.get(parcel)
    if known is None or known[0] != files_stamp(known[1].suite):
        assignment, jail = unpack_assignment(parcel)
        _known.clear()  # one at a time: its modules are imported, and parcels are large
        known = _known[parcel] = files_stamp(assignment.suite), assignment, jail
    return known[1], known[2]
