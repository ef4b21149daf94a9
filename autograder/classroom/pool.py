"""A pool of grading processes on this machine. A process that dies takes nothing with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass
from pathlib import Path

from autograder.classroom.options import JailChoice
from autograder.classroom.seats import Seat, Seats
from autograder.classroom.workplace import workplace
from autograder.grading.assignment import Assignment
from autograder.grading.parse_notebook import Submission
from autograder.grading.pytest_session import EVERYTHING, Selection
from autograder.grading.result import Result, encode

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
    tasks: Sequence[Task],
    jobs: int,
    run: Callable[[Task], bytes] = grade_task,
    *,
    profile: Path | None = None,
    seats: Seats | None = None,
) -> Iterator[tuple[Task, Result | str]]:
    """Grade tasks in `jobs` processes; yields each as it is finished, with its result or why there is none.

    A task whose process dies is graded once more, after the others, in a new process and with nothing beside it: one
    that kills its grader is found out, and one that died because others had taken the memory gets through.

    Args:
        profile: folder in which the processes write where their time goes, or None.
        seats: processes that have begun already.

    Raises:
        JailUnavailable, CourseError: no proven jail, or a suite that cannot be run; nothing more is graded. On these
            and whatever else ends the loop, an interruption too, the processes are ended at once.
    """
    waiting, again, tried, done = deque(tasks), deque[Task](), set[int](), False
    count = max(min(jobs, len(tasks)), min(1, len(tasks)))
    taken = seats.take(count) if seats is not None else [Seat(profile) for _ in range(count)]
    try:
        while True:
            for seat in taken:
                if seat.running is None and waiting:
                    seat.begin(waiting.popleft(), run)
            if again and all(seat.running is None for seat in taken):
                taken[0].begin(again.popleft(), run)
            busy = {seat.running[0]: seat for seat in taken if seat.running is not None}
            if not busy:
                done = True
                return
            for future in wait(busy, return_when=FIRST_COMPLETED).done:
                task, outcome = busy[future].finish()
                if outcome is not None:
                    yield task, outcome
                elif id(task) in tried:
                    yield task, KILLED
                else:
                    tried.add(id(task))
                    again.append(task)
    finally:
        for seat in taken:
            if not done:
                seat.end()
        for seat in taken:
            seat.close()
