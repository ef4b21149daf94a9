"""Where a process's time goes, by stage, while somebody profiles it; nothing is measured otherwise.

Our own rooms say which stage they are in (`stage`). The grading engine says nothing: in a profiled grading process its
functions are timed from outside (`watch_engine`), and it stays byte for byte what an unprofiled one runs.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec


class Spent(msgspec.Struct):
    """The time of one stage, without the stages inside it."""

    seconds: float = 0.0
    calls: int = 0


class Graded(msgspec.Struct, kw_only=True):
    """One submission's way through a grading process; moments are of the machine's monotonic clock.

    Attributes:
        key: of the result. process: its id. begun, ended: moments.
        jail: seconds that the process spent before it on its jail and the proofs; 0 but for its first submission.
        stages: what was spent from begun to ended.
        exercises: wall seconds of each exercise's tests, the student's code included.
    """

    key: str
    process: int
    begun: float
    ended: float
    jail: float = 0.0
    stages: dict[str, Spent]
    exercises: dict[str, float]


class Stages:
    """Seconds by stage. Stages nest: while an inner one lasts, the clock of the outer one stands. Each thread nests on
    its own."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, Spent] = defaultdict(Spent)
        self.exercises: defaultdict[str, float] = defaultdict(float)
        self._lock = threading.Lock()
        self._of_thread = threading.local()

    @property
    def current(self) -> str:
        """The innermost stage of this thread, or nothing."""
        nested = self._nested()
        return nested[-1][0] if nested else ""

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        nested = self._nested()
        self._credit(nested)
        nested.append([name, time.monotonic()])
        try:
            yield
        finally:
            self._credit(nested)
            nested.pop()
            if nested:
                nested[-1][1] = time.monotonic()
            with self._lock:
                self.spent[name].calls += 1

    def take(self) -> tuple[dict[str, Spent], dict[str, float]]:
        """Stages and exercises so far, which then begin anew."""
        self._credit(self._nested())
        with self._lock:
            taken = dict(self.spent), dict(self.exercises)
            self.spent.clear()
            self.exercises.clear()
        return taken

    def _nested(self) -> list[list[Any]]:
        if not hasattr(self._of_thread, "nested"):
            self._of_thread.nested = []
        nested: list[list[Any]] = self._of_thread.nested
        return nested

    def _credit(self, nested: list[list[Any]]) -> None:
        """Give the innermost stage the time since it was looked at last."""
        if nested:
            now = time.monotonic()
            with self._lock:
                self.spent[nested[-1][0]].seconds += now - nested[-1][1]
            nested[-1][1] = now


_watching: Stages | None = None


@contextlib.contextmanager
def watching() -> Iterator[Stages]:
    """Within it this process's stages are measured."""
    global _watching
    before, _watching = _watching, Stages()
    try:
        yield _watching
    finally:
        _watching = before


def stage(name: str) -> contextlib.AbstractContextManager[None]:
    """The context in which this process is in that stage."""
    return contextlib.nullcontext() if _watching is None else _watching.stage(name)


# In a grading process ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """A function of the engine's whose time is one stage's.

    Attributes:
        inside: the stage in which alone it counts as one of its own; nothing: everywhere.
    """

    module: str
    name: str
    stage: str
    inside: str = ""


CELLS, STUDENT, TESTS = "cells", "student's code in tests", "tests"
"""The stages that are no overhead: whatever a grader is, the student's code and the tests must be run."""
POINTS = (
    Point("autograder.jail.host.worker", "Worker.fork", "fork"),
    Point("autograder.jail.host.worker", "StudentProcess.end", "end of processes"),
    Point("autograder.jail.host.worker", "StudentProcess.run_cell", CELLS),
    Point("autograder.jail.host.guarded", "GuardedPeer.refuse", "refusals"),
    Point("autograder.jail.host.guarded", "GuardedPeer.lift", "refusals"),
    Point("autograder.jail.host.guarded", "GuardedPeer.report", "refusals"),
    Point("autograder.wire.frames", "Channel.receive", STUDENT, inside=TESTS),
    Point("autograder.grading.diagnosis", "Diagnosis.of_exercise", "diagnosis"),
    Point("autograder.grading.answers", "Answers.of", "diagnosis"),
    Point("autograder.grading.suite", "run_pytest", "pytest"),
)


def watch_engine(folder: Path) -> None:
    """From now on this process's grading is timed; each submission adds a line to this process's file in the folder."""
    global _watching
    import pytest

    from autograder.classroom.workplace import Workplace

    _watching = stages = Stages()
    for point in POINTS:
        owner, name = _owner(point)
        setattr(owner, name, _timed(getattr(owner, name), point, stages))
    run: Callable[[pytest.Function], None] = pytest.Function.runtest
    grade = Workplace.grade

    @functools.wraps(run)
    def timed_test(item: pytest.Function) -> None:
        from autograder.grading.pytest_session import exercise_of

        begun = time.monotonic()
        try:
            with stages.stage(TESTS):
                run(item)
        finally:
            stages.exercises[exercise_of(item)] += time.monotonic() - begun

    @functools.wraps(grade)
    def noted(*args: Any, **kwargs: Any) -> Any:
        before, _ = stages.take()  # the proofs fork and run cells too
        begun = time.monotonic()
        with stages.stage("reading and result"):
            result = grade(*args, **kwargs)
        taken, exercises = stages.take()
        done = Graded(
            key=result.key,
            process=os.getpid(),
            begun=begun,
            ended=time.monotonic(),
            jail=sum(spent.seconds for spent in before.values()),
            stages=taken,
            exercises=exercises,
        )
        with open(folder / f"{os.getpid()}.jsonl", "ab") as file:
            file.write(msgspec.json.encode(done) + b"\n")
        return result

    # mypy minds a method that is replaced; nothing else gives a test's time without the engine's help.
    setattr(pytest.Function, "runtest", timed_test)  # noqa: B010
    setattr(Workplace, "grade", noted)  # noqa: B010


def read_graded(folder: Path) -> list[Graded]:
    """What grading processes wrote there, by the time at which they began; a line that a kill cut short is left out."""
    found = []
    for path in folder.glob("*.jsonl"):
        for line in path.read_bytes().splitlines():
            with contextlib.suppress(msgspec.MsgspecError):
                found.append(msgspec.json.decode(line, type=Graded))
    return sorted(found, key=lambda graded: graded.begun)


def _owner(point: Point) -> tuple[Any, str]:
    *path, name = point.name.split(".")
    return functools.reduce(getattr, path, importlib.import_module(point.module)), name


def _timed(function: Callable[..., Any], point: Point, stages: Stages) -> Callable[..., Any]:
    @functools.wraps(function)
    def timed(*args: Any, **kwargs: Any) -> Any:
        if point.inside and stages.current != point.inside:
            return function(*args, **kwargs)
        with stages.stage(point.stage):
            return function(*args, **kwargs)

    return timed
