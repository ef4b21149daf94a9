"""Grading by the workers of a `dask.distributed` scheduler, which the instructor has started somewhere.

The same task as the local pool's, and the same bytes come back. dask gives a lost worker's tasks to others; a result
that was lost with it is made again.

Whoever can reach the scheduler can run code on every worker, so the scheduler, the workers and the network between them
are trusted as this machine is; students' code reaches none of them from the jail.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from autograder.classroom import cluster_worker
from autograder.classroom.parcels import PIP, Answer, pack_assignment, pack_task
from autograder.classroom.pool import Task
from autograder.classroom.processes import waits_for_a_person
from autograder.course import Course, CourseError, SubmissionError
from autograder.grading.result import Result, decode
from autograder.jail.host.visibility import JailUnavailable

CONNECT_SECONDS = 10.0
WORKERS_WAIT = 120.0
"""Seconds in which a cluster without a worker must get one."""
PROOF_WAIT = 60.0
"""Seconds in which an idle worker proves itself; one that is busy with another class does it with its first task."""
_POLL = 1.0
_LOST = "the workers that graded this submission were lost, one after the other; grade it by hand"
_KEPT = "what is graded is kept, run the same command again to go on"


def grade_on_cluster(
    course: Course, tasks: Sequence[Task], address: str
) -> Iterator[tuple[Task, Result | str]]:
    """Grade tasks on the workers of the scheduler at an address; yields each as `pool.grade_all` does.

    Workers may come and go meanwhile. Each proves its jail once, and refuses where suite or software differ from those
    here.

    Raises:
        JailUnavailable, CourseError: a worker without a proven jail or with another suite, no worker, no scheduler, or
            dask is not installed. Nothing more is graded then; a task that runs goes on until it ends, unheard.
    """
    if not tasks:
        return
    cluster = _Cluster(address)
    running: dict[Any, Task] = {}
    try:
        parcels = _Parcels(course)
        cluster.prove(parcels.assignment(tasks[0]))
        waiting = deque(tasks)
        while waiting or running:
            for _ in range(min(len(waiting), max(0, cluster.room() - len(running)))):
                task = waiting.popleft()
                try:
                    parcel = pack_task(task)
                except SubmissionError as error:
                    yield task, str(error)
                    continue
                running[cluster.submit(parcel, parcels.assignment(task))] = task
            for future in cluster.finished(list(running)):
                task = running.pop(future)
                yield task, cluster.outcome(future)
    finally:
        cluster.close(list(running))


class _Parcels:
    """Each assignment is packed once."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._packed: dict[tuple[int, object], bytes] = {}

    def assignment(self, task: Task) -> bytes:
        key = id(task.assignment), task.jail
        if key not in self._packed:
            self._packed[key] = pack_assignment(self._course, task.assignment, task.jail)
        return self._packed[key]


class _Cluster:
    """A connection to the scheduler. CourseError where it cannot be made, or is lost."""

    def __init__(self, address: str) -> None:
        try:
            import distributed
        except ImportError as error:
            raise CourseError(f"--cluster needs dask ({error}): {PIP}") from None
        self._dask: Any = distributed
        self._address = address
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is said in one line, by us
        try:
            self._client: Any = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            said = " ".join(str(error).split())
            raise CourseError(
                f"no dask scheduler answers at {address} ({said}): start one with `dask scheduler`, and give the "
                "address that it prints, as tcp://HOST:8786"
            ) from None
        self._alone_since = time.monotonic()

    def room(self) -> int:
        """How many tasks the cluster has use for: two for each thread, so that none waits for us."""
        return 2 * max(1, sum(self._threads().values()))

    def submit(self, task: bytes, assignment: bytes, **placed: Any) -> Any:
        return self._client.submit(cluster_worker.run, task, assignment, pure=False, **placed)

    def finished(self, futures: list[Any]) -> list[Any]:
        """Those of the futures that are done, after a second at most."""
        if not futures:
            return []
        try:
            with self._client.as_current():
                done = list(self._dask.wait(futures, timeout=_POLL, return_when="FIRST_COMPLETED").done)
            self._alone_since = time.monotonic()
            return done
        except TimeoutError:
            pass
        except self._dask.CancelledError:
            raise CourseError(f"the scheduler at {self._address} was lost; {_KEPT}") from None
        if self._threads():
            self._alone_since = time.monotonic()
        elif time.monotonic() - self._alone_since > WORKERS_WAIT:
            raise CourseError(
                f"the cluster at {self._address} has no worker for {WORKERS_WAIT:.0f} seconds: start some with "
                f"`dask worker {self._address} --nworkers auto --nthreads 1`; {_KEPT}"
            )
        return []

    def outcome(self, future: Any) -> Result | str:
        """The result of a future that is done, or why the submission waits."""
        answer = self._answer(future)
        if answer is None:
            return _LOST
        if answer.waits:
            return answer.waits
        try:
            return decode(answer.document)
        except ValueError as error:
            return waits_for_a_person(error)

    def prove(self, assignment: bytes) -> None:
        """Every worker there is proves its jail, and that it would grade as this machine does."""
        asked: dict[str, Any] = {}
        end = time.monotonic() + PROOF_WAIT
        for worker in self._threads():
            asked[worker] = self.submit(
                cluster_worker.PROVE, assignment, workers=[worker], allow_other_workers=False, priority=100
            )
        while asked and time.monotonic() < end:
            for future in self.finished(list(asked.values())):
                self._answer(future)
            here = self._threads()
            asked = {w: future for w, future in asked.items() if w in here and not future.done()}
        self._client.cancel(list(asked.values()))

    def close(self, running: list[Any]) -> None:
        with contextlib.suppress(Exception):
            self._client.cancel(running, force=True)
        with contextlib.suppress(Exception):
            self._client.close(timeout=2)

    def _threads(self) -> dict[str, int]:
        try:
            return dict(self._client.nthreads())
        except (OSError, TimeoutError) as error:
            raise CourseError(f"the scheduler at {self._address} was lost ({error}); {_KEPT}") from None

    def _answer(self, future: Any) -> Answer | None:
        """What a worker said; None where each worker that had the task was lost."""
        try:
            said = msgspec.msgpack.decode(future.result(timeout=CONNECT_SECONDS), type=Answer)
        except self._dask.KilledWorker:
            return None
        except self._dask.CancelledError:
            raise CourseError(f"the scheduler at {self._address} was lost; {_KEPT}") from None
        except Exception as error:
            raise CourseError(
                f"a worker of {self._address} cannot run the grader ({type(error).__name__}: {str(error)[:300]}): "
                f"each needs this project's environment, {PIP}"
            ) from None
        if said.stops:
            raise (JailUnavailable if said.unjailed else CourseError)(f"{said.stops}; {_KEPT}")
        return said
