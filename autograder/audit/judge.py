"""The outcome of an audit's trials, held against what had to come."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from autograder.audit.facts import Facts
from autograder.audit.trials import Trial

GRADING_SECONDS = 60.0
"""CPU time in which the reference must be graded."""
TOLERANCE_USED = 0.5
"""The share of a tolerance that a right solution's roundings may use."""
KEEPS = {"slip": (0.60, 0.95), "partial": (0.30, 0.75), "serious": (0.0, 0.45)}
"""The share of its exercise's points that a misconception of each severity may keep."""
_ROUNDING = 1e-4


@dataclass
class Verdicts:
    """The findings of the audit so far.

    Attributes:
        defects: one sentence each; the audit holds where there are none.
        counts: (held, all) trials by kind.
        killed: hidden tests that something failed, by (exercise, function). tests: all there are.
        lost: the share that each misconception loses of its exercise's points.
        exercise_seconds: the longest CPU time that each exercise's tests took on the reference.
        tolerance: the largest share of a tolerance that a right solution of each exercise used.
    """

    defects: list[str] = field(default_factory=list)
    counts: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    tests: set[tuple[str, str]] = field(default_factory=set)
    killed: set[tuple[str, str]] = field(default_factory=set)
    lost: dict[tuple[str, str], float] = field(default_factory=dict)
    exercise_seconds: dict[str, float] = field(default_factory=dict)
    tolerance: dict[str, float] = field(default_factory=dict)

    def add(self, trial: Trial, facts: Facts, problems: tuple[str, ...] = ()) -> bool:
        """Judge one trial; whether what had to hold does.

        Args:
            problems: what kept it from being graded, or a right solution from its points, in words.
        """
        wrong = [*problems, *wrong_with(trial, facts)]
        self.defects.extend(f"{trial.name}: {what}" for what in dict.fromkeys(wrong))
        count = self.counts[trial.kind]
        count[0] += not wrong
        count[1] += 1
        self.tests.update((trial.exercise, test) for test in facts.tests)
        self.killed.update((trial.exercise, test) for test in facts.fails)
        if trial.kind == "misconception" and trial.seed == 0 and trial.variant is not None:
            self.lost[trial.exercise, trial.variant.name] = 1 - facts.share
            # The record stays: what is to be mended is the severity, or the weights of the tests.
            misplaced = [] if wrong else out_of_place(trial, facts)
            self.defects.extend(f"{trial.name}: {what}" for what in misplaced)
        if trial.kind in ("reference", "alternative"):
            self.tolerance[trial.exercise] = max(facts.tolerance, self.tolerance.get(trial.exercise, 0.0))
        if trial.kind == "reference":
            seconds = max(facts.seconds, self.exercise_seconds.get(trial.exercise, 0.0))
            self.exercise_seconds[trial.exercise] = seconds
        return not wrong

    @property
    def reference_seconds(self) -> float:
        """CPU seconds of all exercises' tests on the reference, each at its slowest seed."""
        return sum(self.exercise_seconds.values())

    def survivors(self) -> list[str]:
        """Hidden tests that no misconception and no skeleton failed."""
        return [f"{exercise}: {name}" for exercise, name in sorted(self.tests - self.killed)]


def wrong_with(trial: Trial, facts: Facts) -> list[str]:
    """What is wrong with the outcome of a trial, one clause each."""
    if trial.kind == "skeleton":
        return [f"earns {facts.share:.0%} of its points untouched"] if facts.share else []
    if trial.kind == "misconception":
        assert trial.variant is not None
        if facts.share >= 1:
            return ["loses no points"]
        if not facts.named:
            return ["is not diagnosed"]
        return [] if facts.named == trial.variant.name else [f"is diagnosed as {facts.named}"]
    wrong = [] if facts.share >= 1 else [f"earns {facts.share:.0%} of its points"]
    if trial.kind == "reference" and not facts.tests:
        wrong.append("has no hidden test")
    if trial.kind != "beside" and facts.tolerance > TOLERANCE_USED:
        used = f"uses {facts.tolerance:.0%} of a tolerance"
        wrong.append(f"{used}: choose inputs that round less, or a wider tolerance")
    return wrong


def out_of_place(trial: Trial, facts: Facts) -> list[str]:
    """Whether a misconception keeps more or less of its exercise than its severity allows."""
    severity = trial.variant.severity if trial.variant is not None else ""
    least, most = KEEPS.get(severity, (0.0, 1.0))
    if severity == "slip" and facts.contract:
        most = 1.0  # what only breaks the contract costs little, by the levels' shares
    if least - _ROUNDING <= facts.share <= most + _ROUNDING:
        return []
    return [f"keeps {facts.share:.0%} of its points; a {severity} one keeps {least:.0%} to {most:.0%}"]
