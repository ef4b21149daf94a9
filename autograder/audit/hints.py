"""How often hints are right: each misconception as a student's, with itself on file, without, and beside another one.

Left out, it is a mistake that nobody has thought of yet. Then no name is right and every name is suspect: another
misconception answers the failed tests as it does. Of a pair one name is right, and both are better. All runs in this
process, without a jail, since the code is ours.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from autograder.grading.assignment import Assignment
from autograder.grading.diagnosis import Diagnosis
from autograder.grading.marks import check_levels, holds_answers, mutates
from autograder.grading.pytest_session import (
    Selection,
    cpu_seconds,
    exercise_of,
    register_markers,
    run_pytest,
)
from autograder.grading.replaying import Replay, observed
from autograder.grading.suite import rerun, seed_of
from autograder.grading.variants import Variant
from selfcheck.random import derive_seed


@dataclass
class HintFigures:
    """Counts over an assignment's misconceptions, and who is behind them.

    Attributes:
        known: misconceptions diagnosed with all on file. named: of those, the ones named as themselves.
        mistaken: named as another one alone, with all on file: (exercise, misconception, name given).
        unnamed: not named, with all on file.
        left_out: diagnosed without itself on file.
        misled: then named as another: (exercise, misconception, name given).
        pairs: solutions with two of an exercise's misconceptions. half_named, both_named: of those, the ones where one
            or both are named, and nothing else. pairs_misled: where something else is: (exercise, pair, name given).
    """

    known: int = 0
    named: int = 0
    mistaken: list[tuple[str, str, str]] = field(default_factory=list)
    unnamed: list[tuple[str, str]] = field(default_factory=list)
    left_out: int = 0
    misled: list[tuple[str, str, str]] = field(default_factory=list)
    pairs: int = 0
    half_named: int = 0
    both_named: int = 0
    pairs_misled: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def coverage(self) -> float:
        """The share of known mistakes that are named as what they are."""
        return self.named / self.known if self.known else 1.0

    @property
    def precision(self) -> float:
        """The share of unknown mistakes that are not called by another's name."""
        return 1 - len(self.misled) / self.left_out if self.left_out else 1.0

    def add(self, other: HintFigures) -> None:
        """Add another exercise's figures."""
        self.known += other.known
        self.named += other.named
        self.left_out += other.left_out
        self.mistaken += other.mistaken
        self.unnamed += other.unnamed
        self.misled += other.misled
        self.pairs += other.pairs
        self.half_named += other.half_named
        self.both_named += other.both_named
        self.pairs_misled += other.pairs_misled

    @property
    def counts(self) -> dict[str, int]:
        """The figures as numbers alone."""
        return {
            "known": self.known,
            "named": self.named,
            "left_out": self.left_out,
            "misled": len(self.misled),
            "pairs": self.pairs,
            "both_named": self.both_named,
            "half_named": self.half_named,
            "pairs_misled": len(self.pairs_misled),
        }

    def sentence(self) -> str:
        """The figures for a summary."""
        return told(self.counts)


def told(counts: Mapping[str, int]) -> str:
    """Figures, as `HintFigures.counts` gives them, in a sentence."""
    return (
        "hints: {named} of {known} misconceptions are named as themselves; left out, {misled} of {left_out} are called "
        "another's name; of {pairs} pairs {both_named} are named both, {half_named} one, {pairs_misled} wrongly"
    ).format_map(counts)


@dataclass(frozen=True)
class BoundTest:
    """A hidden test with its fixtures; `gate` says whether an exercise ends where it fails."""

    replay: Replay
    gate: bool


def bound_tests(assignment: Assignment, exercise: str, seed: int = 0) -> list[BoundTest]:
    """The hidden tests of an exercise, in order, ready to be run on any solution. No student's code is run."""
    collector = _Collector(assignment.secret, exercise, seed)
    run_pytest(assignment.suite, collector, selection=Selection(frozenset({exercise})))
    return collector.found


class _Collector:
    """A pytest plug-in that binds tests to their fixtures and does not run them."""

    def __init__(self, secret: str, exercise: str, seed: int) -> None:
        self.found: list[BoundTest] = []
        self._secret, self._exercise, self._seed, self._has_levels = secret, exercise, seed, False

    def pytest_configure(self, config: pytest.Config) -> None:
        register_markers(config)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if exercise_of(item) == self._exercise]
        self._has_levels = self._exercise in check_levels(items)

    @pytest.fixture
    def student(self) -> None:
        """Bound when the test is run."""

    @pytest.fixture
    def rng(self) -> None:
        """Bound when the test is run."""

    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        bound = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
        seed, source = seed_of(self._secret, self._seed, pyfuncitem)
        replay = Replay(
            pyfuncitem.name,
            rerun(pyfuncitem, bound, self._has_levels),
            seed,
            mutates(pyfuncitem),
            (),
            failed=False,
            seconds=cpu_seconds(pyfuncitem),
            source=source,
            noticing=self._has_levels,
        )
        if not holds_answers(pyfuncitem):
            self.found.append(BoundTest(replay, pyfuncitem.get_closest_marker("gate") is not None))
        return True


def as_student(diagnosis: Diagnosis, source: str, tests: Sequence[BoundTest]) -> list[Replay]:
    """What an exercise's tests show of a solution cell that a student might have handed in."""
    namespace, seen = diagnosis.answers.namespace(source), []
    for test in tests:
        seen.append(observed(namespace, test.replay))
        if test.gate and seen[-1].failed:
            break
    return seen


def figures(
    assignment: Assignment, diagnosis: Diagnosis, exercise: str, seed: int = 0, pairs: int = 10
) -> HintFigures:
    """How the misconceptions of one exercise are diagnosed, with themselves on file, without, and two at once.

    Args:
        pairs: how many pairs at most; which ones follows from their names.
    """
    found, tests = HintFigures(), bound_tests(assignment, exercise, seed)
    for variant in diagnosis.misconceptions(exercise):
        seen = as_student(diagnosis, variant.source, tests)
        if not any(replay.failed for replay in seen):
            continue
        found.known += 1
        names = list(_names(diagnosis, exercise, seen))
        if variant.name in names:
            found.named += 1
        elif names:
            found.mistaken.append((exercise, variant.name, names[0]))
        else:
            found.unnamed.append((exercise, variant.name))
        found.left_out += 1
        others = list(_names(diagnosis, exercise, seen, frozenset({variant.name})))
        if others:
            found.misled.append((exercise, variant.name, others[0]))
    for one, other, both in _pairs(diagnosis, exercise, pairs):
        seen = as_student(diagnosis, both.source, tests)
        given = set(_names(diagnosis, exercise, seen))
        if not any(replay.failed for replay in seen):
            continue
        found.pairs += 1
        found.both_named += given == {one.name, other.name}
        found.half_named += len(given) == 1 and given < {one.name, other.name}
        found.pairs_misled += [(exercise, both.name, name) for name in sorted(given - {one.name, other.name})]
    return found


def _pairs(diagnosis: Diagnosis, exercise: str, most: int) -> list[tuple[Variant, Variant, Variant]]:
    known = diagnosis.misconceptions(exercise)
    found = [
        (a, b, c) for a, b in itertools.combinations(known, 2) if (c := diagnosis.combined(a, b)) is not None
    ]
    found.sort(key=lambda trio: derive_seed("pair", trio[2].name))
    return found[:most]


def _names(
    diagnosis: Diagnosis, exercise: str, seen: Sequence[Replay], without: frozenset[str] = frozenset()
) -> Iterator[str]:
    yield from dict.fromkeys(v.name for v in diagnosis.of_exercise(exercise, seen, without).values())
