"""A hidden suite as one pytest session over one submission: the fixtures `student` and `rng`, and the verdicts."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import pytest

from autograder.course import CourseError
from autograder.grading.assignment import Assignment
from autograder.grading.diagnosis import Diagnosis
from autograder.grading.levels import CONTRACT
from autograder.grading.marks import check_levels, holds_answers, level_of, mutates, weight_of
from autograder.grading.messages import IN_PLACE, message_of
from autograder.grading.pytest_session import (
    EVERYTHING,
    GraderFault,
    Selection,
    cpu_seconds,
    exercise_of,
    register_markers,
    run_pytest,
    untold_report,
)
from autograder.grading.reference import our_fault, reference_of
from autograder.grading.refusals import shown
from autograder.grading.replaying import Replay, signature
from autograder.grading.result import TestResult, Verdict
from autograder.grading.session import Session
from autograder.wire.frames import PeerGone
from autograder.wire.handles import EndlessIterator, Handle
from autograder.wire.peer import ArgumentChanged
from selfcheck.compare import dtypes_noted, revealing, tolerance_used
from selfcheck.errors import StudentError
from selfcheck.random import Rng, derive_seed

_MOST_TEXT = 600
MOST_FAULTS = 2
"""After that many hangs or crashes an exercise's other tests are not run."""
_GRADER_FAULTS = (OSError, ImportError, SystemError)
_STUDENT_FAULTS = (StudentError, ArgumentChanged, EndlessIterator, AssertionError)
"""The errors that a fixture of the suite may meet when it asks the student's code."""


@dataclass(frozen=True)
class Outcome:
    """The fate of one test.

    Attributes:
        function: the test's name without its parameters.
        test: with the weight of the whole function inside its level, whichever of its cases this is.
    """

    exercise: str
    function: str
    test: TestResult


@dataclass
class Careless:
    """An exercise's right values in another dtype, or at the price of an argument: one sentence each, in the order in
    which they were noticed, and the test in which the first was."""

    test: str
    sentences: dict[str, None] = field(default_factory=dict)  # a set that keeps its order


CARE = "arguments_and_dtypes"
"""The name of the contract test that the engine adds to each exercise: every other test is watched for it."""
_CARE_STATEMENT = "Arguments are left as they were, and what comes back has the dtype that was asked for."


class SuitePlugin:
    """The pytest plug-in of one grading session."""

    def __init__(
        self,
        session: Session,
        assignment: Assignment,
        seed: int,
        selection: Selection,
        forbidden: Mapping[str, str],
        suspicions: Mapping[str, str] = MappingProxyType({}),
        diagnosis: Diagnosis | None = None,
    ) -> None:
        self.forbidden = dict(forbidden)
        self.collected, self.broken = False, ""
        self.outcomes: list[Outcome] = []
        self.suspicions = dict(suspicions)
        self.faults: dict[str, str] = {}
        self.replays: dict[str, list[Replay]] = {}
        self.seconds: dict[str, float] = {}
        self.tolerance: dict[str, float] = {}
        self.shares: dict[str, dict[str, float]] = {}
        self.careless: dict[str, Careless] = {}
        self._bound: dict[str, Any] = {}
        self._noticed: list[str] = []
        self._ours = diagnosis
        self._assignment = assignment
        self._session = session
        self._order = {exercise.id: place for place, exercise in enumerate(assignment.exercises)}
        self._seed = seed
        self._selection = selection
        self._refusals = session.refusals
        self._asks_for = assignment.asks_for
        self._current: str | None = None
        self._closed: dict[str, Verdict] = dict.fromkeys(forbidden, Verdict.FORBIDDEN)

    # Collection --------------------------------------------------------------------------------------------------

    def pytest_configure(self, config: pytest.Config) -> None:
        register_markers(config)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            if exercise_of(item) not in self._order:
                raise pytest.UsageError(f"{item.nodeid}: no grade cell is called {exercise_of(item)!r}")
        self.shares = check_levels(items)
        items[:] = [item for item in items if self._selection.takes(item)]
        items.sort(key=lambda item: self._order[exercise_of(item)])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        self.collected = True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            said = " ".join(report.longreprtext.split())
            self.broken = f"the hidden tests {report.nodeid} cannot be collected: {said[-500:]}"
            raise GraderFault(self.broken)

    # Fixtures ----------------------------------------------------------------------------------------------------

    @pytest.fixture
    def student(self, request: pytest.FixtureRequest) -> Handle:
        """The names of the student's notebook, as attributes; calls cross into the student's process."""
        student = self._session.student(exercise_of(request.node))
        if student is None:
            raise PeerGone("the exercise's own cell ended the process")
        item = request.node
        notice = self._notice if exercise_of(item) in self.shares else None
        self._session.begin(self._test_seed(item), cpu_seconds(item), mutates(item), notice)
        return student

    def _notice(self, change: str) -> None:
        self._noticed.append(IN_PLACE.format(change))

    @pytest.fixture
    def rng(self, request: pytest.FixtureRequest) -> Rng:
        """The test's source of randomness; its seed follows from the recorded seed and the test's name."""
        return Rng(self._test_seed(request.node))

    def _test_seed(self, item: pytest.Item) -> int:
        return seed_of(self._assignment.secret, self._seed, item)[0]

    # Running -----------------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        exercise = exercise_of(item)
        self._noticed = []
        if exercise != self._current:
            self._finish_exercise()
            self._current = exercise
        if exercise not in self._closed and len(self._session.faults.get(exercise, ())) >= MOST_FAULTS:
            self._closed[exercise] = self._session.faults[exercise][-1].verdict
        if exercise in self._closed:
            self.outcomes.append(_outcome(item, self._closed[exercise], ran=False))
            # The test before this one left its module set up, expecting this one to run.
            item.session._setupstate.teardown_exact(nextitem)
            return True
        return None

    def pytest_sessionfinish(self) -> None:
        self._finish_exercise()

    def _finish_exercise(self) -> None:
        """After an exercise's last test: was its code careful, and what was it refused?"""
        exercise = self._current
        if exercise in self.shares:
            self.outcomes.append(self._care(exercise))
        if exercise is None or exercise not in self._refusals or exercise in self.forbidden:
            return
        report = self._session.report()
        if report.refused:
            self.forbidden[exercise] = ", ".join(map(shown, report.refused[:3]))
        elif report.tampering:
            self.suspicions.setdefault(exercise, ", ".join(report.tampering))

    def _care(self, exercise: str) -> Outcome:
        """The contract test of an exercise that all its other tests make: it decides as much as those of the contract
        that the suite declares, or, where there are none, all of the contract."""
        others = [outcome for outcome in self.outcomes if outcome.exercise == exercise]
        declared = {o.function: o.test.weight for o in others if o.test.level == CONTRACT}
        careless = self.careless.get(exercise)
        ran = careless is not None or any(
            o.test.verdict is Verdict.PASSED and o.test.level not in ("runs", CONTRACT) for o in others
        )
        verdict = Verdict.FAILED if careless is not None else Verdict.PASSED
        test = TestResult(
            name=CARE,
            statement=_CARE_STATEMENT,
            level=CONTRACT,
            weight=sum(declared.values()) or 1.0,
            verdict=verdict if ran else self._closed.get(exercise, Verdict.FAILED),
            message=" ".join(careless.sentences)[:_MOST_TEXT] if careless is not None else "",
            ran=ran,
        )
        return Outcome(exercise, CARE, test)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        assert isinstance(item, pytest.Function), "a hidden test is a function"
        names = item._fixtureinfo.argnames  # the test's own arguments
        self._bound = {name: value for name, value in item.funcargs.items() if name in names}
        exercise, begun = exercise_of(item), self._cpu_seconds()
        with revealing(False), tolerance_used() as used, leniently(item, exercise in self.shares) as dtypes:
            try:
                result = yield
                self.tolerance[exercise] = max(self.tolerance.get(exercise, 0.0), *used, 0.0)
                return result
            finally:
                self._noticed.extend(dtypes)
                self.seconds[exercise] = self.seconds.get(exercise, 0.0) + self._cpu_seconds() - begun

    def _cpu_seconds(self) -> float:
        return time.process_time() + self._session.cpu_seconds

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """Record what became of a test; pytest gets a report without a traceback.

        Nobody reads one here, and pytest's own report would format it: half of the time of a submission that fails.
        """
        error = call.excinfo.value if call.excinfo is not None else None
        if call.when == "teardown":
            if error is not None:
                self._grader_fault(item, error)
        elif call.when == "call" or error is not None:
            self._session.rest()
            self._record(item, error, call.when)
        return untold_report(item, call)

    def _record(self, item: pytest.Item, error: BaseException | None, when: str) -> None:
        exercise = exercise_of(item)
        fault = self._session.fault()
        if fault is not None:
            self._session.faults.setdefault(exercise, []).append(fault)
        elif when == "setup" and isinstance(error, PeerGone):  # the exercise's own cell; blamed when it ran
            fault = self._session.faults[exercise][-1]
            self._closed[exercise] = fault.verdict
        if fault is not None:
            verdict, message = fault.verdict, f"Your code {fault.message}."
        elif error is None:
            verdict, message = Verdict.PASSED, ""
        elif isinstance(error, _GRADER_FAULTS) or (
            when == "setup" and not isinstance(error, _STUDENT_FAULTS)
        ):
            self._grader_fault(item, error)
            verdict, message = Verdict.NOT_GRADABLE, ""
        elif isinstance(error, StudentError) and _out_of_memory(error):
            verdict, message = Verdict.OUT_OF_MEMORY, "Your code used more memory than a submission may."
        else:
            verdict, message = (
                Verdict.FAILED,
                message_of(error, exercise, self._session, self._asks_for(exercise)),
            )
        replay = self._replay(item, verdict, error) if when == "call" and fault is None else None
        if verdict is Verdict.FAILED and replay is not None and (ours := self._our_fault(exercise, replay)):
            self.faults[exercise] = f"{item.nodeid} fails on the reference too: {ours}"
            verdict, message = Verdict.NOT_GRADABLE, ""
        self.outcomes.append(_outcome(item, verdict, message))
        if replay is not None:
            self.replays.setdefault(exercise, []).append(replay)
        for sentence in self._noticed:
            self.careless.setdefault(exercise, Careless(item.name)).sentences[sentence] = None
        if verdict is not Verdict.PASSED and item.get_closest_marker("gate"):
            self._closed.setdefault(exercise, verdict)

    def _replay(self, item: pytest.Item, verdict: Verdict, error: BaseException | None) -> Replay | None:
        """The test as it can be run again on other code; None where a fixture holds what this code answered."""
        if "student" not in self._bound or not isinstance(item, pytest.Function) or holds_answers(item):
            return None
        again, recorder = rerun(item, self._bound, exercise_of(item) in self.shares), self._session.recorder
        return Replay(
            item.name,
            again,
            self._test_seed(item),
            mutates(item),
            recorder.trace,
            failed=verdict is not Verdict.PASSED or bool(self._noticed),
            weights=tuple(recorder.weights),
            message=signature(error),
            seconds=cpu_seconds(item),
            source=seed_of(self._assignment.secret, self._seed, item)[1],
            noticing=exercise_of(item) in self.shares,
        )

    def _our_fault(self, exercise: str, replay: Replay) -> str:
        """How a failed test fails on the reference, or nothing."""
        self._ours = self._ours or reference_of(self._assignment)
        return our_fault(self._ours, exercise, replay)

    def _grader_fault(self, item: pytest.Item, error: BaseException) -> None:
        self.faults[exercise_of(item)] = f"{item.nodeid}: {type(error).__name__}: {error}"


def seed_of(secret: str, seed: int, item: pytest.Item) -> tuple[int, str]:
    """The seed of a test's inputs, and the digest of the file that the test stands in.

    The secret makes the inputs unknown to those who have the suites. The digest is of that file alone, so that mending
    another exercise's tests, or the engine, gives this one the same inputs again.
    """
    source = _digest_of(item.path, item.path.stat().st_mtime_ns)
    return derive_seed(secret, seed, source, exercise_of(item), item.name), source


@functools.lru_cache(maxsize=64)
def _digest_of(path: Path, changed: int) -> str:
    """The digest of a file of tests as it is since then; each test asks for that of its own."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def leniently(item: pytest.Item, has_levels: bool) -> contextlib.AbstractContextManager[list[str]]:
    """The context in which a test runs: another dtype is noticed, and fails the contract's tests alone."""
    if has_levels and level_of(item) != CONTRACT:
        return dtypes_noted()
    return contextlib.nullcontext([])


def rerun(
    item: pytest.Function, bound: Mapping[str, Any], has_levels: bool
) -> Callable[[Handle, Rng], Sequence[str]]:
    """A test as it can be run again on any solution; what it then returns is which dtypes it noticed."""
    kept = {name: value for name, value in bound.items() if name not in ("student", "rng")}
    function, takes_rng = item.function, "rng" in bound

    def again(student: Handle, rng: Rng) -> Sequence[str]:
        with leniently(item, has_levels) as noticed:
            function(student=student, **({"rng": rng} if takes_rng else {}), **kept)
        return noticed

    return again


def _out_of_memory(error: StudentError) -> bool:
    return error.is_a("MemoryError") or "can't allocate memory" in error.message


def _outcome(item: pytest.Item, verdict: Verdict, message: str = "", ran: bool = True) -> Outcome:
    function = getattr(item, "function", None)
    test = TestResult(
        name=item.name,
        statement=" ".join((getattr(function, "__doc__", None) or item.name).split()),
        level=level_of(item),
        weight=weight_of(item),
        verdict=verdict,
        message=message,
        ran=ran,
    )
    return Outcome(exercise_of(item), getattr(item, "originalname", None) or item.name, test)


def run_suite(
    session: Session,
    assignment: Assignment,
    seed: int,
    diagnosis: Diagnosis | None = None,
    selection: Selection = EVERYTHING,
    forbidden: Mapping[str, str] = MappingProxyType({}),
    suspicions: Mapping[str, str] = MappingProxyType({}),
) -> SuitePlugin:
    """Run the assignment's hidden suite over a session's submission; failed tests are diagnosed if asked.

    Args:
        forbidden: what exercises were seen to use that they may not; their tests are not run.
        suspicions: what they were seen to use that could lift a refusal; a person looks at them.

    Raises:
        CourseError: the suite cannot be collected, whoever hands in. GraderFault: it broke off while it ran.
    """
    plugin = SuitePlugin(session, assignment, seed, selection, forbidden, suspicions, diagnosis)
    try:
        run_pytest(assignment.suite, plugin, selection=selection)
    except GraderFault as error:
        if plugin.collected:
            raise
        raise CourseError(plugin.broken or str(error)) from None
    if not plugin.outcomes:
        raise CourseError(f"the hidden suite of {assignment.name} has no tests to run")
    if diagnosis is not None:
        plugin.outcomes = _diagnosed(plugin, diagnosis)
    return plugin


def _diagnosed(plugin: SuitePlugin, diagnosis: Diagnosis) -> list[Outcome]:
    found = {
        exercise: diagnosis.of_exercise(exercise, replays)
        for exercise, replays in plugin.replays.items()
        if any(replay.failed for replay in replays)
    }
    outcomes = []
    for outcome in plugin.outcomes:
        careless = plugin.careless.get(outcome.exercise)
        test_name = careless.test if careless is not None and outcome.function == CARE else outcome.test.name
        variant = found.get(outcome.exercise, {}).get(test_name)
        if variant is not None and outcome.test.verdict is not Verdict.PASSED:
            test = msgspec.structs.replace(outcome.test, hint=variant.hint, misconception=variant.name)
            outcome = dataclasses.replace(outcome, test=test)
        outcomes.append(outcome)
    return outcomes
