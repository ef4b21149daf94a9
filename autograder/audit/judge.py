"""What came of an audit's trials, held against what had to come."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from autograder.audit.trials import Trial
from autograder.grading.result import ExerciseResult, Result, Verdict

GRADING_SECONDS = 60.0
TOLERANCE_USED = 0.5
"""The share of a tolerance that a right solution's roundings may use."""


@dataclass
class Verdicts:
    """What the audit has found so far.

    Attributes:
        defects: one sentence each; the audit holds where there are none.
        counts: (held, all) trials by kind.
        killed: hidden tests that something failed, by (exercise, function). tests: all there are.
    """

    defects: list[str] = field(default_factory=list)
    counts: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    tests: set[tuple[str, str]] = field(default_factory=set)
    killed: set[tuple[str, str]] = field(default_factory=set)
    lost: dict[tuple[str, str], float] = field(default_factory=dict)
    """Share that each misconception loses of its exercise's points."""
    reference_seconds: list[float] = field(default_factory=list)
    exercise_seconds: dict[str, float] = field(default_factory=dict)
    """The longest time that each exercise's tests took on the reference."""
    tolerance: dict[str, float] = field(default_factory=dict)
    """The largest share of a tolerance that a right solution of each exercise used."""
    suspects: list[Trial] = field(default_factory=list)
    """Trials in which several variants stood beside a spoiled exercise; which one spoils it is still to be found."""

    def add(self, trial: Trial, result: Result | str) -> None:
        """Judge one trial."""
        wrong = [result] if isinstance(result, str) else list(self._wrong(trial, result))
        if wrong and trial.kind == "beside" and len(trial.others) > 1:
            self.suspects.append(trial)
        self.defects.extend(f"{trial.name}: {what}" for what in wrong)
        count = self.counts[trial.kind]
        count[0] += not wrong
        count[1] += 1

    def survivors(self, only: frozenset[str] | None = None) -> list[str]:
        """Hidden tests (of these exercises) that no misconception and no skeleton failed."""
        left = sorted(self.tests - self.killed)
        return [f"{exercise}: {name}" for exercise, name in left if only is None or exercise in only]

    def _wrong(self, trial: Trial, result: Result) -> list[str]:
        wrong = [
            f"{e.id} was not gradable: {e.fault}"
            for e in result.exercises
            if e.verdict is Verdict.NOT_GRADABLE
        ]
        wrong += [note for note in result.notes if trial.kind != "skeleton"]
        for exercise in result.exercises:
            for test in exercise.tests:
                key = (exercise.id, test.name.partition("[")[0])
                self.tests.add(key)
                if test.ran and test.verdict is not Verdict.PASSED:
                    self.killed.add(key)
        if trial.kind in ("reference", "alternative", "beside"):
            names = {v.exercise: f"{v.exercise}/{v.name}: " for v in trial.others}
            wrong += [names.get(e.id, "") + _failure(e) for e in result.exercises if e.share < 1]
            wrong += self._measure(trial, result)
        elif trial.kind == "skeleton":
            wrong += [f"{e.id} earns {e.score:g} untouched" for e in result.exercises if e.score]
        else:
            wrong += self._misconception(trial, result)
        return wrong

    def _measure(self, trial: Trial, result: Result) -> list[str]:
        """Note a right solution's times and roundings; says where the roundings come near a tolerance."""
        if result.measured is None or trial.kind == "beside":
            return []
        if trial.kind == "reference":
            self.reference_seconds.append(result.measured.cpu_seconds)
            for exercise, seconds in result.measured.exercises.items():
                self.exercise_seconds[exercise] = max(seconds, self.exercise_seconds.get(exercise, 0.0))
        for exercise, used in result.measured.tolerance.items():
            self.tolerance[exercise] = max(used, self.tolerance.get(exercise, 0.0))
        return [
            f"{exercise} uses {used:.0%} of a tolerance: choose inputs that round less, or a wider tolerance"
            for exercise, used in result.measured.tolerance.items()
            if used > TOLERANCE_USED
        ]

    def _misconception(self, trial: Trial, result: Result) -> list[str]:
        assert trial.variant is not None
        own = result.exercise(trial.variant.exercise)
        wrong: list[str] = []
        if trial.kind == "misconception":
            self.lost[(own.id, trial.variant.name)] = 1 - own.share
        if own.share >= 1:
            return ["loses no points"]
        named = Counter(t.misconception for t in own.tests if t.misconception)
        if not named:
            wrong.append("is not diagnosed")
        elif named.most_common(1)[0][0] != trial.variant.name:
            wrong.append(f"is diagnosed as {named.most_common(1)[0][0]}")
        return wrong


def _failure(exercise: ExerciseResult) -> str:
    failed = [t for t in exercise.tests if t.verdict is not Verdict.PASSED and t.ran]
    first = f": {failed[0].name}: {failed[0].verdict.value}, {failed[0].message}" if failed else ""
    return f"{exercise.id} earns {exercise.score:g} of {exercise.points:g}{first}"
