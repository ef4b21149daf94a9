"""A pool of grading processes on this machine. A process that dies takes nothing with it.

Each process has an executor of its own, so that it is known which task killed it, and it alone is replaced. Measured in
one run beside pebble 5.2, whose pool isolates a death too: 40 tasks of 50 ms in two processes took 7.1 s here and 6.8 s
there, with three deaths among them 7.4 s and 7.3 s, on a machine that others used (medians of three turns). So nothing
is gained by the dependency.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from autograder.classroom.processes import begin, context
from autograder.classroom.workplace import JailChoice, workplace
from autograder.course import CourseError, SubmissionError
from autograder.grading.assignment import Assignment
from autograder.grading.parse_notebook import Submission
from autograder.grading.pytest_session import EVERYTHING, Selection
from autograder.grading.result import Result, decode, encode
from autograder.jail.host.visibility import JailUnavailable

KILLED = "the grading process was killed twice on this submission; grade it by hand"


@dataclass(frozen=True)
class Task:
    """One submission to grade."""

    key: str
    submission: Submission
    assignment: Assignment
    seed: int
    jail: JailChoice
    selection: Selection = EVERYTHING


def grade_task(task: Task) -> bytes:
    """The task's result document; runs in a process of the pool."""
    return encode(workplace(task.jail).grade(task.submission, task.assignment, task.seed, task.selection))


def grade_all(
    tasks: Sequence[Task], jobs: int, run: Callable[[Task], bytes] = grade_task
) -> Iterator[tuple[Task, Result | str]]:
    """Grade tasks in `jobs` processes; yields each as it is finished, with its result or why there is none.

    A task whose process dies is graded once more, after the others and in a new process, so that a submission which
    kills its grader is found out and costs nobody else anything.

    Raises:
        JailUnavailable, CourseError: no proven jail, or a suite that cannot be run; nothing more is graded. On these
            and whatever else ends the loop, an interruption too, the processes are ended at once.
    """
    waiting, died, done = deque(tasks), set[int](), False
    seats = [_Seat(run) for _ in range(max(1, min(jobs, len(tasks))))]
    try:
        while True:
            for seat in seats:
                if seat.running is None and waiting:
                    seat.begin(waiting.popleft())
            busy = {seat.running[0]: seat for seat in seats if seat.running is not None}
            if not busy:
                done = True
                return
            for future in wait(busy, return_when=FIRST_COMPLETED).done:
                task, outcome = busy[future].finish()
                if outcome is not None:
                    yield task, outcome
                elif id(task) in died:
                    yield task, KILLED
                else:
                    died.add(id(task))
                    waiting.append(task)
    finally:
        for seat in seats:
            if not done:
                seat.end()
        for seat in seats:
            seat.close()


class _Seat:
    """One grading process and the one task that it runs; a process that has died is replaced."""

    def __init__(self, run: Callable[[Task], bytes]) -> None:
        self._run = run
        self._executor = self._new()
        self.running: tuple[Future[bytes], Task] | None = None

    @staticmethod
    def _new() -> ProcessPoolExecutor:
        return ProcessPoolExecutor(1, context(), initializer=begin)

    def begin(self, task: Task) -> None:
        """Hand over a task; the process must be idle."""
        try:
            future = self._executor.submit(self._run, task)
        except BrokenProcessPool:  # it died while it was idle
            self._replace()
            future = self._executor.submit(self._run, task)
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
    except Exception as error:  # the grader's own fault: said, and never a student's zero
        return (
            f"the grader failed ({type(error).__name__}: {str(error)[:300]}); grade it by hand or report it"
        )
