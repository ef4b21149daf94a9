"""Where the time of grading one class went: the grader's, its processes', and that of each exercise's tests."""

from __future__ import annotations

import contextlib
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from autograder.classroom.stages import CELLS, STUDENT, TESTS, Graded, Spent, Stages, read_graded, watching
from autograder.grading.result import Result

if TYPE_CHECKING:
    from autograder.classroom.grade_class import Progress

VERSION = 1
"""Of the written document."""


class Exercise(msgspec.Struct, kw_only=True):
    """An exercise's tests over a class.

    Attributes:
        submissions: in how many its tests ran. seconds: of wall time, in all, the student's code included.
        median, most: of one submission.
    """

    id: str
    submissions: int
    seconds: float
    median: float
    most: float


class ClassProfile(msgspec.Struct, kw_only=True):
    """Where the time went.

    Attributes:
        processes: that graded. submissions: that were recorded. graded: that were graded, each in one process.
        seconds: from the start of this process to the last score.
        start: until the first submission was begun; None where none was graded.
        end: after the last submission was graded.
        grader: the stages of the grader's own process; its threads overlap, and it works beside the others.
        workers: the stages of the grading processes, added up. idle: seconds in which one of them had nothing to grade,
            from its first submission to the class's last. starting: seconds until each began its first submission,
            added up; jail: of them, for its jail and the proofs.
        overhead: seconds a graded submission of what is neither the student's code nor a test; overhead_share: of the
            time of grading.
        exercises: in the order of the time that they took. each: the submissions in the order in which they began.
    """

    version: int = VERSION
    assignment: str
    processes: int
    submissions: int
    graded: int
    seconds: float
    start: float | None
    end: float
    grader: dict[str, Spent]
    workers: dict[str, Spent]
    starting: float
    jail: float
    idle: float
    overhead: float
    overhead_share: float
    exercises: tuple[Exercise, ...]
    each: tuple[Graded, ...]


class Profiling:
    """A profile that is being made.

    Attributes:
        folder: where grading processes write what became of their time.
    """

    def __init__(self, folder: Path, stages: Stages) -> None:
        self.folder = folder
        self.begun = process_start()
        self.last = self.begun
        self.recorded = 0
        self._stages = stages
        self._stages.spent["start of the command"] = Spent(time.monotonic() - self.begun, 1)

    def noting(self, display: Progress) -> Progress:
        """The same display; when a submission is recorded is noted besides."""
        return _Noting(display, self)

    def done(self, assignment: str) -> ClassProfile:
        spent, _ = self._stages.take()
        return made(
            assignment, spent, read_graded(self.folder), self.begun, max(self.last, self.begun), self.recorded
        )


class _Noting:
    def __init__(self, display: Progress, profiling: Profiling) -> None:
        self._display, self._profiling = display, profiling

    def waiting(self, holder: str) -> None:
        self._display.waiting(holder)

    def phase(self, name: str, total: int) -> Callable[[], None]:
        return self._display.phase(name, total)

    def recorded(self, student: str, outcome: Result | str) -> None:
        self._profiling.last = time.monotonic()
        self._profiling.recorded += 1
        self._display.recorded(student, outcome)


@contextlib.contextmanager
def profiling() -> Iterator[Profiling]:
    """Within it this process's stages are measured, and grading processes may write into a folder, which goes after."""
    with tempfile.TemporaryDirectory(prefix="profile-") as folder, watching() as stages:
        yield Profiling(Path(folder), stages)


def made(
    assignment: str,
    grader: dict[str, Spent],
    graded: list[Graded],
    begun: float,
    ended: float,
    recorded: int,
) -> ClassProfile:
    """The profile of what was measured; moments are of the machine's monotonic clock."""
    workers: defaultdict[str, Spent] = defaultdict(Spent)
    for one in graded:
        for name, spent in one.stages.items():
            workers[name] = Spent(workers[name].seconds + spent.seconds, workers[name].calls + spent.calls)
    last = max((one.ended for one in graded), default=begun)
    first = _first(graded)
    busy = sum(one.ended - one.begun for one in graded)
    idle = sum(last - moment for moment in first.values()) - busy
    needed = sum(workers[name].seconds for name in (CELLS, STUDENT, TESTS) if name in workers)
    return ClassProfile(
        assignment=assignment,
        processes=len(first),
        submissions=recorded,
        graded=len(graded),
        seconds=ended - begun,
        start=min(first.values()) - begun if first else None,
        end=max(ended - last, 0.0) if graded else 0.0,
        grader=grader,
        workers=dict(workers),
        starting=sum(moment - begun for moment in first.values()),
        jail=sum(one.jail for one in graded),
        idle=max(idle, 0.0),
        overhead=(busy - needed) / len(graded) if graded else 0.0,
        overhead_share=(busy - needed) / busy if busy else 0.0,
        exercises=_exercises(graded),
        each=tuple(graded),
    )


def process_start() -> float:
    """When this process began, by the machine's monotonic clock; now, where the system does not tell."""
    now = time.monotonic()
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return now
    return now - age if 0 <= age < 3600 else now


def _first(graded: Iterable[Graded]) -> dict[int, float]:
    """When each process began its first submission."""
    first: dict[int, float] = {}
    for one in graded:
        first[one.process] = min(first.get(one.process, one.begun), one.begun)
    return first


def _exercises(graded: Iterable[Graded]) -> tuple[Exercise, ...]:
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for one in graded:
        for id, taken in one.exercises.items():
            seconds[id].append(taken)
    found = (
        Exercise(
            id=id, submissions=len(all_), seconds=sum(all_), median=statistics.median(all_), most=max(all_)
        )
        for id, all_ in seconds.items()
    )
    return tuple(sorted(found, key=lambda one: -one.seconds))
