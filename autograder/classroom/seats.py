"""Grading processes of this machine: one seat each, which may be begun before it is known what it will grade.

A jail with its proofs takes seconds to begin, and so do the imports of whoever reads the class. Neither needs the
other, so the seats of a class begin first (`Seats`), and this module imports nothing that is large.

Each process has an executor of its own, so that it is known which task killed it, and it alone is replaced. Measured in
one run beside pebble 5.2, whose pool isolates a death too: 40 tasks of 50 ms in two processes took 7.1 s here and 6.8 s
there, with three deaths among them 7.4 s and 7.3 s, on a machine that others used (medians of three turns). So nothing
is gained by the dependency.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from autograder.classroom.options import JailChoice
from autograder.classroom.processes import begin, context, waits_for_a_person
from autograder.course import CourseError, SubmissionError
from autograder.grading.result import Result, decode
from autograder.jail.host.visibility import JailUnavailable

if TYPE_CHECKING:
    from autograder.classroom.pool import Task

_PATIENCE = 1.0
"""Seconds that an ending run waits for a process that is being started; whoever starts it ends it then."""


def prepare(jail: JailChoice) -> None:
    """Start and prove this process's jail; runs in a grading process, and what it raises the first task raises too."""
    from autograder.classroom.workplace import workplace

    workplace(jail)


class Seat:
    """One grading process and the one task that it runs; a process that has died is replaced.

    Args:
        profile: folder in which the process writes where its time goes, or None.
    """

    def __init__(self, profile: Path | None = None) -> None:
        self._profile = profile
        self._executor = self._new()
        self.running: tuple[Future[bytes], Task] | None = None

    def _new(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(1, context(), initializer=begin, initargs=(self._profile,))

    def prepare(self, jail: JailChoice) -> None:
        """Start the process and its jail, ahead of the first task."""
        self._executor.submit(prepare, jail)

    def begin(self, task: Task, run: Callable[[Task], bytes]) -> None:
        """Hand over a task; the process must be idle."""
        try:
            future = self._executor.submit(run, task)
        except BrokenProcessPool:  # it died while it was idle
            self._replace()
            future = self._executor.submit(run, task)
        self.running = future, task

    def finish(self) -> tuple[Task, Result | str | None]:
        """The task and its outcome, None where the process died of it."""
        assert self.running is not None
        (future, task), self.running = self.running, None
        outcome = _outcome(future)
        if outcome is None:
            self._replace()
        return task, outcome

    def end(self) -> None:
        """End the process, whatever it is grading; its jail ends with it."""
        for process in list((self._executor._processes or {}).values()):
            process.kill()

    def close(self) -> None:
        self._executor.shutdown(cancel_futures=True)

    def _replace(self) -> None:
        self._executor.shutdown()
        self._executor = self._new()


class Seats:
    """Seats that begin now, while this process does something else; within its context, and ended with it.

    Args:
        count: how many. jail: that each prepares. profile: see `Seat`.
    """

    def __init__(self, count: int, jail: JailChoice, profile: Path | None = None) -> None:
        self._jail, self._profile = jail, profile
        self._seats = [Seat(profile) for _ in range(count)]
        self._ended = threading.Event()
        # Starting a process waits for the server that forks it, which imports for seconds.
        self._starting = threading.Thread(target=self._start, name="seats", daemon=True)

    def __enter__(self) -> Self:
        self._starting.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._starting.join(_PATIENCE)
        if not self._starting.is_alive():
            _end(self._seats)

    def take(self, count: int) -> list[Seat]:
        """So many seats, those that have begun first; the caller ends them, and what has begun beyond is ended here."""
        self._starting.join()
        taken, left, self._seats = self._seats[:count], self._seats[count:], []
        _end(left)
        return [*taken, *(Seat(self._profile) for _ in range(count - len(taken)))]

    def _start(self) -> None:
        for seat in self._seats:
            if not self._ended.is_set():
                # A process that cannot be started is told where the first task meets it.
                with contextlib.suppress(BrokenProcessPool, OSError, EOFError):
                    seat.prepare(self._jail)
        if self._ended.is_set():
            _end(self._seats)


def _end(seats: list[Seat]) -> None:
    for seat in seats:
        seat.end()
    for seat in seats:
        seat.close()


def _outcome(future: Future[bytes]) -> Result | str | None:
    try:
        return decode(future.result())
    except BrokenProcessPool:
        return None
    except (
        JailUnavailable,
        CourseError,
    ):  # nobody's submission is at fault, and every other one would meet it
        raise
    except SubmissionError as error:
        return str(error)
    except Exception as error:
        return waits_for_a_person(error)
