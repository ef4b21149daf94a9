"""What came of one trial, as the ledger keeps it: facts alone, which are judged whenever they are read."""

from __future__ import annotations

from collections import Counter

import msgspec

from autograder.grading.levels import CONTRACT
from autograder.grading.result import ExerciseResult, Result, Verdict
from autograder.grading.suite import CARE

_MEASURED = ("tolerance", "seconds", "figures")
"""What may differ between two runs of the same trial."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one trial on one exercise."""

    share: float
    """The share of the exercise's points that was earned."""
    named: str = ""
    """The misconception that most failed tests were diagnosed as."""
    fails: tuple[str, ...] = ()
    """The hidden tests that ran and did not pass, without their parameters."""
    contract: bool = False
    """Whether all tests that failed are of the contract, which decides a tenth of an exercise at most."""
    tests: tuple[str, ...] = ()
    """All hidden tests of the exercise; kept for the reference alone."""
    tolerance: float = 0.0
    """The largest share of a tolerance that a passed comparison used, 0 to 1, rounded up to a whole percent."""
    seconds: float = 0.0
    """CPU seconds of the exercise's tests, to two digits; kept for the reference alone."""

    figures: dict[str, int] = {}
    """Counts of how hints were given; kept for the hints alone."""

    @property
    def outcome(self) -> tuple[object, ...]:
        """All that must be the same where a trial is run again."""
        return tuple(getattr(self, name) for name in self.__struct_fields__ if name not in _MEASURED)

    def same_as(self, other: Facts) -> bool:
        """Whether the outcomes are the same, what was measured aside."""
        return self.outcome == other.outcome

    def joined(self, other: Facts) -> Facts:
        """The same outcome at another seed: the larger of what was measured."""
        tolerance, seconds = max(self.tolerance, other.tolerance), max(self.seconds, other.seconds)
        return msgspec.structs.replace(self, tolerance=tolerance, seconds=seconds)

    def told(self) -> str:
        """One clause for a person."""
        named = f", diagnosed as {self.named}" if self.named else ""
        return f"{self.share:.1%} of the points{named}, {len(self.fails)} tests failed"


def facts_of(result: Result, exercise: str, is_reference: bool) -> tuple[Facts, tuple[str, ...]]:
    """What a grading found out about one exercise, and what kept it from finding it out.

    Args:
        is_reference: keep the list of tests and the time too.
    """
    try:
        own = result.exercise(exercise)
    except KeyError:
        # None of its tests was among those that were run: only slow tests, which this trial leaves out.
        return Facts(share=1.0), ()
    problems: tuple[str, ...] = ()
    if own.verdict is Verdict.NOT_GRADABLE:
        problems = (f"{exercise} was not gradable: {own.fault}",)
    measured = result.measured
    tolerance = measured.tolerance.get(exercise, 0.0) if measured else 0.0
    seconds = measured.exercises.get(exercise, 0.0) if measured and is_reference else 0.0
    named = Counter(t.misconception for t in own.tests if t.misconception)
    failed = {_function(t.name): t.level for t in own.tests if t.ran and t.verdict is not Verdict.PASSED}
    facts = Facts(
        share=round(own.share, 4),
        named=named.most_common(1)[0][0] if named else "",
        fails=tuple(sorted(failed)),
        contract=set(failed.values()) == {CONTRACT},
        # The test that the engine adds is not the suite's to have killed.
        tests=tuple(sorted({_function(t.name) for t in own.tests} - {CARE})) if is_reference else (),
        tolerance=-(-tolerance // 0.01) / 100,
        seconds=float(f"{seconds:.2g}"),
    )
    return facts, problems


def first_failure(exercise: ExerciseResult) -> str:
    """The first test that failed, with its message, as a clause; nothing where none did."""
    failed = [t for t in exercise.tests if t.verdict is not Verdict.PASSED and t.ran]
    return f"{failed[0].name}: {failed[0].verdict.value}, {failed[0].message}" if failed else ""


def _function(test: str) -> str:
    return test.partition("[")[0]
