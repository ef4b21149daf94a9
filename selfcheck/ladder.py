"""The marks of a public test and what they do: gates of a ladder, CPU time.

pytest calls these hooks where this module's names are a plugin's or a conftest.py's.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
import torch

from selfcheck.errors import OutOfTime
from selfcheck.unwritten import UNWRITTEN, is_unwritten

DEFAULT_SECONDS = 10.0

MARKERS = (
    "exercise(id): the exercise a test belongs to, the grade_id of its grade cell",
    "weight(n): the test's share of its exercise's score (default 1)",
    "gate: a rung the exercise's later tests need; where it fails they are not run",
    "rung(name): the name of the test's step on the exercise's ladder",
    "timeout(seconds): CPU time of the test (default 10)",
    "mutates: the student's code may change its arguments in place",
)

_closed = pytest.StashKey[set[str]]()


def exercise_of(item: pytest.Item) -> str:
    """The exercise a test is marked with, or nothing."""
    mark = item.get_closest_marker("exercise")
    return str(mark.args[0]) if mark is not None and mark.args else ""


def statement_of(item: pytest.Item) -> str:
    """The property a test checks: the first paragraph of its docstring, or its name."""
    text = (getattr(getattr(item, "function", None), "__doc__", None) or "").strip().split("\n\n")[0]
    return " ".join(text.split()) or item.name


def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    # pytest-timeout, where it is installed, reads the same mark as seconds on the clock and kills the session.
    if (other := config.pluginmanager.get_plugin("timeout")) is not None:
        config.pluginmanager.unregister(other)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if exercise_of(item) in item.session.stash.setdefault(_closed, set()):
        pytest.skip("an earlier rung of the ladder failed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and call.excinfo is not None and is_unwritten(call.excinfo.value):
        report.user_properties.append((UNWRITTEN, exercise_of(item) or item.name))
    if report.failed and item.get_closest_marker("gate") is not None:
        item.session.stash.setdefault(_closed, set()).add(exercise_of(item))
    return report


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    mark = pyfuncitem.get_closest_marker("timeout")
    seconds = float(mark.args[0]) if mark is not None and mark.args else DEFAULT_SECONDS
    with cpu_limit(seconds):
        return (yield)


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raise OutOfTime in the block once it has used that much CPU time, where the platform can tell.

    The timer counts every thread of the process, so the limit is per thread that torch may use.
    """
    able = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not able:
        yield
        return

    def stop(signum: int, frame: FrameType | None) -> Any:
        raise OutOfTime(
            f"took more than {seconds:g} seconds; is there a loop that never ends, or one too many?"
        )

    previous = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds * torch.get_num_threads())
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)
