"""One run of an assignment's public tests inside this process, and what came of each test."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import sys
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from selfcheck import fixtures
from selfcheck.compare import Mismatch
from selfcheck.errors import OutOfTime, StudentError
from selfcheck.ladder import exercise_of, statement_of
from selfcheck.unwritten import is_unwritten

TESTS = "test_public.py"

# Nothing of the machine's own pytest takes part, nothing is written into the folder that is handed in. Of pytest's own
# plugins two collect garbage several times over at the end, half a second each where PyTorch is loaded, to tell of
# exceptions in destructors and threads; the others write files and reports that nobody asks for here.
_UNWANTED = (
    *("cacheprovider", "doctest", "faulthandler", "junitxml", "logging", "pastebin", "stepwise"),
    *("threadexception", "unittest", "unraisableexception"),
)
_OPTIONS = (
    *("--noconftest", "--disable-plugin-autoload", "--import-mode=importlib"),
    *("--assert=plain", "--capture=sys", "--tb=no", "-q"),
    *(option for name in _UNWANTED for option in ("-p", f"no:{name}")),
)


class TestsError(Exception):
    """The public tests cannot be run; the message says what to do."""

    __test__ = False


@dataclass(frozen=True)
class Outcome:
    """The outcome of one public test.

    Attributes:
        exercise: the exercise's id. statement: the property that was checked.
        passed: whether it holds. ran: False where an earlier rung failed, so the test was not run.
        message: what is wrong. hint: what that suggests, or nothing. seconds: wall-clock time.
        unwritten: whether it failed only because the exercise is not written yet.
        cases: how many inputs a parametrised test was run on; it passes where all of them do.
    """

    exercise: str
    statement: str
    passed: bool
    ran: bool = True
    message: str = ""
    hint: str = ""
    seconds: float = 0.0
    unwritten: bool = False
    cases: int = 1


class _Collector:
    """A plugin that picks the exercise's tests, gives them the student, and notes what came of them."""

    def __init__(
        self, namespace: Mapping[str, Any] | None, notebook: Path | None, exercise: str | None
    ) -> None:
        self._namespace, self._notebook, self._exercise = namespace, notebook, exercise
        self.found: dict[str, list[Outcome]] = {}
        self.broken: list[str] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        if self._namespace is not None:
            config.stash[fixtures.NAMESPACE] = self._namespace
        if self._notebook is not None:
            config.stash[fixtures.NOTEBOOK] = self._notebook

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self._exercise is not None:
            items[:] = [item for item in items if exercise_of(item) == self._exercise]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken.append(str(report.longrepr).strip().splitlines()[-1])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.when == "call" or (report.when == "setup" and not report.passed):
            test = item.nodeid.partition("[")[0]
            self.found.setdefault(test, []).append(_outcome(item, report, call))
        return report


def run_tests(
    folder: Path,
    *,
    namespace: Mapping[str, Any] | None = None,
    notebook: Path | None = None,
    exercise: str | None = None,
) -> list[Outcome]:
    """Run the public tests of a folder, in the file's order; a parametrised test counts once.

    Args:
        folder: where test_public.py is.
        namespace: the live notebook's names; or
        notebook: a notebook whose definitions are run.
        exercise: run this exercise's tests only.

    Raises:
        TestsError: where there is no test file, or it cannot be imported.
    """
    file = folder / TESTS
    if not file.is_file():
        raise TestsError(f"{TESTS} is not in {folder.resolve()}: keep it beside the notebook")
    collector = _Collector(namespace, notebook, exercise)
    arguments = [str(file), f"--rootdir={folder}", "-c", os.devnull, *_OPTIONS]
    before, bytecode = set(sys.modules), sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # no __pycache__ in the folder that is handed in
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            pytest.main(arguments, plugins=[fixtures, collector])
    finally:
        sys.dont_write_bytecode = bytecode
        for name in [n for n in set(sys.modules) - before if n.rpartition(".")[2] == file.stem]:
            del sys.modules[name]
    if collector.broken:
        raise TestsError(f"{TESTS} cannot be loaded: {collector.broken[0]}")
    return [_together(cases) for cases in collector.found.values()]


def _together(cases: list[Outcome]) -> Outcome:
    """The cases of one parametrised test as one outcome: its first failure, if there is one."""
    wrong = [case for case in cases if case.ran and not case.passed]
    shown = wrong[0] if wrong else next((case for case in cases if not case.ran), cases[0])
    message = shown.message
    if len(cases) > 1 and wrong and not shown.unwritten:
        message = f"{message}\n({len(wrong)} of {len(cases)} cases fail; this is the first)"
    seconds = sum(case.seconds for case in cases)
    return dataclasses.replace(shown, message=message, seconds=seconds, cases=len(cases))


def _outcome(item: pytest.Item, report: pytest.TestReport, call: pytest.CallInfo[None]) -> Outcome:
    exercise, statement = exercise_of(item), statement_of(item)
    if report.passed:
        return Outcome(exercise, statement, True, seconds=call.duration)
    if report.skipped:
        return Outcome(exercise, statement, False, ran=False)
    assert call.excinfo is not None
    error = call.excinfo.value
    message, hint = message_and_hint(error)
    unwritten = is_unwritten(error)
    return Outcome(
        exercise, statement, False, message=message, hint=hint, seconds=call.duration, unwritten=unwritten
    )


def message_and_hint(error: BaseException) -> tuple[str, str]:
    """(message, hint) of a test's exception, for its student."""
    if isinstance(error, Mismatch):
        return f"{error.name} {error.detail}", error.remark
    if isinstance(error, StudentError | OutOfTime):
        return str(error), ""
    if isinstance(error, AssertionError | pytest.fail.Exception):
        return str(error).strip(), ""
    return f"{type(error).__name__}: {error}", ""
