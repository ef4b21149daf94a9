"""pytest started on a hidden suite, with nothing in it but the suite and one plug-in of ours."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pytest import ExitCode

DEFAULT_SECONDS = 10.0
"""CPU time of one test without a timeout marker."""
_MARKERS = (
    "exercise(id): the grade cell this test belongs to",
    "level(name): the rung of the ladder that the test belongs to; autograder/grading/levels.py has their shares",
    "shares(**percent): levels that weigh otherwise in this exercise",
    "weight(n): how much the test counts inside its level, 1 if not said",
    "gate: the exercise's later tests are not run where this one fails",
    "timeout(seconds): CPU time the student's code may use in this test",
    "mutates: the student's code may change its arguments in place",
)
# A grading session has no use for these; each plug-in costs every submission a little.
_OFF = ("cacheprovider", "terminal", "doctest", "junitxml", "pastebin", "stepwise", "debugging", "setuponly")
_OFF_TOO = (
    "setupplan",
    "unittest",
    "unraisableexception",
    "threadexception",
    "faulthandler",
    "logging",
    "warnings",
    "legacypath",
    "subtests",
)

_PYTEST_VARIABLES = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")


class GraderFault(Exception):
    """The suite or the grader failed, not the student's code."""


@dataclass(frozen=True)
class Selection:
    """The tests of a suite that are to be run.

    Attributes:
        exercises: only those, or None for all.
        slow: only of those the tests that are allowed more than the default time, or None for all.
    """

    exercises: frozenset[str] | None = None
    slow: frozenset[str] | None = None

    def has(self, exercise: str) -> bool:
        """Tell whether any test of an exercise may be run."""
        return self.exercises is None or exercise in self.exercises

    def folders(self, suite: Path) -> list[Path]:
        """What pytest has to collect to find them: the chosen exercises' rooms, or all of a suite without rooms."""
        rooms = [suite / exercise for exercise in sorted(self.exercises or ())]
        has_rooms = all(room.is_dir() for room in rooms) and not any(suite.glob("test_*.py"))
        return rooms if rooms and has_rooms else [suite]

    def takes(self, item: Any) -> bool:
        """Tell whether a test is run."""
        exercise = exercise_of(item)
        return self.has(exercise) and (
            cpu_seconds(item) <= DEFAULT_SECONDS or self.slow is None or exercise in self.slow
        )


EVERYTHING = Selection()


def exercise_of(item: Any) -> str:
    """The exercise a test belongs to; UsageError where it names none."""
    marker = item.get_closest_marker("exercise")
    if marker is None or not marker.args:
        raise pytest.UsageError(f"{item.nodeid} has no exercise marker")
    return str(marker.args[0])


def cpu_seconds(item: Any) -> float:
    """CPU time the student's code may use in a test."""
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker else DEFAULT_SECONDS


def register_markers(config: pytest.Config) -> None:
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)


def untold_report(item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
    """The report of a test's phase that says whether it passed, and nothing more: no traceback is formatted."""
    failed = call.excinfo is not None
    assert call.when != "collect", "only an item's phases are reported"
    return pytest.TestReport(
        nodeid=item.nodeid,
        location=item.location,
        keywords={},
        outcome="failed" if failed else "passed",
        longrepr=call.excinfo.typename if call.excinfo is not None else None,
        when=call.when,
        duration=call.duration,
        start=call.start,
        stop=call.stop,
    )


def slow_exercises(suite: Path) -> frozenset[str]:
    """The exercises with a test that is allowed more than the default time; no test is run."""
    found: set[str] = set()

    class Collector:
        def pytest_configure(self, config: pytest.Config) -> None:
            register_markers(config)

        def pytest_collection_finish(self, session: pytest.Session) -> None:
            found.update(exercise_of(item) for item in session.items if cpu_seconds(item) > DEFAULT_SECONDS)

    run_pytest(suite, Collector(), "--collect-only")
    return frozenset(found)


def run_pytest(suite: Path, plugin: object, *options: str, selection: Selection = EVERYTHING) -> int:
    """Run a folder of tests with one plug-in; pytest's exit code. Prints nothing, reads no configuration file.

    Args:
        selection: where tests have to be looked for. It is the plug-in that leaves out what is not to be run.

    Raises:
        GraderFault: with the end of what pytest said, where it could not run the tests.
    """
    arguments = [
        *map(str, selection.folders(suite)),
        "--assert=plain",  # a rewritten assertion's message would show a student hidden values
        "--capture=no",
        "--import-mode=importlib",
        "--strict-markers",
        f"--rootdir={suite}",
        f"--confcutdir={suite}",
        f"-c{os.devnull}",
        *(f"-pno:{name}" for name in (*_OFF, *_OFF_TOO)),
        *options,
    ]
    said = io.StringIO()
    with _undisturbed(suite), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = int(pytest.main(arguments, plugins=[plugin]))
    if code not in (ExitCode.OK, ExitCode.TESTS_FAILED, ExitCode.NO_TESTS_COLLECTED):
        raise GraderFault(f"the hidden suite {suite.name} cannot be run: {said.getvalue().strip()[-600:]}")
    return code


_loaded: dict[str, tuple[str, int]] = {}
"""Path and time of the test modules that this process has loaded, by name."""


@contextlib.contextmanager
def _undisturbed(suite: Path) -> Iterator[None]:
    """No options, plug-ins or test modules but the suite's own, whatever this process has seen before."""
    kept = {name: os.environ.pop(name) for name in _PYTEST_VARIABLES if name in os.environ}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for path in (*suite.rglob("test_*.py"), *suite.rglob("conftest.py")):
        name = ".".join(path.relative_to(suite).with_suffix("").parts)  # as pytest calls it
        version = (str(path), path.stat().st_mtime_ns)
        if _loaded.get(name) != version:  # another assignment's, or edited since
            sys.modules.pop(name, None)
            _loaded[name] = version
    try:
        yield
    finally:
        del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        os.environ.update(kept)
