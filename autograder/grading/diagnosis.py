"""Which misconceptions a student has, where that is certain: better no name than a wrong one.

A failed test is run again on the exercise's misconceptions and on the reference, with the same random inputs and, where
a network is made, with the student's weights. A misconception *explains* the test if it fails it too and answers as the
student's code did, where the truth answers otherwise (`likeness`). It is *contradicted* by a test that the student
passes and it fails, and, where both fail without chance, by one in which the student first answers the truth where it
clearly does not, or in which it is farther from the student's answer than the truth is. Named are the misconceptions
that nothing contradicts and that together explain more than half of the failed tests.

Answers that are drawn anew by every solution in its own way (a mask of dropout, weights that fit no other network)
cannot be compared number by number. There a misconception is named if it alone fails the same tests, passes the same,
and fails each with the same message, where the same items of a batch are equal.

Two mistakes at once answer like neither. Where single ones leave failures unexplained, two are put into one solution
(both edit the same base); if that explains all of them, each is named at the tests that it fails.

The first failed test is replayed on all misconceptions, the others on those that explain it. Replays are counted and
bounded, not timed, so that a diagnosis is the same on every machine.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.grading.answers import Answers
from autograder.grading.assignment import Assignment
from autograder.grading.edits import EditError, apply
from autograder.grading.likeness import Judgement, judge, related, same
from autograder.grading.replaying import Answer, Replay
from autograder.grading.variants import (
    MISCONCEPTIONS,
    Variant,
    base_source,
    load_misconceptions,
    read_misconceptions,
)

BUDGET = 600
"""Replays of quick tests that the diagnosis of one exercise may take; a slow one counts as many."""
_MOST_STARTS = 4
"""Failed tests that are replayed on all misconceptions."""
_MOST_NAMED = 2
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_UNREFUSED = "should raise"
_STYLE = re.compile(r"\[[\d, ]*\]|\boff by [\d.e+-]*\d(?: \(at most [\d.e+-]*\d\))?|\b\w+(?:\.\w+)+\b")
"""What chance or style decides in a message: places, sizes of differences, names of parameters."""
_MESSAGE_SHARE = 0.1
"""How much numbers in two messages of the same failure may differ where inputs are random."""


class Diagnosis:
    """Knows an assignment's misconceptions.

    Args:
        folder: where answers are kept from run to run, or None.
    """

    def __init__(self, assignment: Assignment, folder: Path | None = None) -> None:
        given = [c.source for c in assignment.cells if c.role == "given" and c.kind == "code"]
        self.answers = Answers(given, folder)
        self._assignment = assignment
        self._misconceptions: dict[str, tuple[Variant, ...]] = {}
        self._combined: dict[tuple[str, str, str], Variant | None] = {}

    def of_exercise(
        self, exercise: str, replays: Sequence[Replay], without: frozenset[str] = frozenset()
    ) -> dict[str, Variant]:
        """The misconception behind each failed test, by the test's name, where there is one.

        Slow tests are replayed only where no quick one failed, and of those the first.

        Args:
            without: names of misconceptions that count as unknown.
        """
        if not any(replay.failed for replay in replays):
            return {}
        known = [v for v in self.misconceptions(exercise) if v.name not in without]
        if not known:
            return {}
        return _Case(self.answers, self.reference(exercise), known, replays, self.combined).named()

    def misconceptions(self, exercise: str) -> tuple[Variant, ...]:
        """An exercise's misconceptions, read when first asked for."""
        if exercise not in self._misconceptions:
            self._misconceptions[exercise] = load_misconceptions(self._assignment, exercise)
        return self._misconceptions[exercise]

    def combined(self, one: Variant, other: Variant) -> Variant | None:
        """A solution with two mistakes, or None where their edits do not go together."""
        if not one.base or one.base != other.base or one.exercise != other.exercise:
            return None
        key = (one.exercise, one.name, other.name)
        if key not in self._combined:
            self._combined[key] = self._both(one, other)
        return self._combined[key]

    def _both(self, one: Variant, other: Variant) -> Variant | None:
        path = self._assignment.suite / one.exercise / MISCONCEPTIONS
        edits = {m.name: m.edits for m in read_misconceptions(path)}
        base = base_source(self._assignment, one.exercise, one.base)
        for order in ((one, other), (other, one)):
            try:
                source = apply([e for variant in order for e in edits[variant.name]], base)
                ast.parse(source)
            except (EditError, SyntaxError):
                continue
            return replace(one, name=f"{one.name} and {other.name}", source=source)
        return None

    def reference(self, exercise: str) -> str:
        """The source of the reference's solution of an exercise."""
        known = self._assignment.known
        return "\n\n".join(
            c.source for id, c in known.items() if self._assignment.exercise_of(id) == exercise
        )


@dataclass
class _Standing:
    """What is known of one misconception in one case."""

    explains: set[str]
    out: bool = False
    """It is contradicted, beside another mistake too."""
    farther: bool = False
    """It is contradicted where it would be the only mistake."""


class _Case:
    """One student's failed exercise."""

    def __init__(
        self,
        answers: Answers,
        reference: str,
        known: Sequence[Variant],
        replays: Sequence[Replay],
        combined: Callable[[Variant, Variant], Variant | None],
    ) -> None:
        quick = [r for r in replays if not r.slow]
        self._failed = [r for r in quick if r.failed] or [r for r in replays if r.failed][:1]
        self._passed = [r for r in quick if not r.failed]
        self._answers, self._reference, self._known = answers, reference, known
        self._combined = combined
        self._standing = {v.name: _Standing(set()) for v in known}
        self._judged: dict[tuple[str, str], Judgement] = {}
        self._left = BUDGET
        self._asked: dict[tuple[str, str], Answer] = {}

    def named(self) -> dict[str, Variant]:
        """The misconception of each failed test that one explains."""
        chosen: list[Variant] = []
        explained: set[str] = set()
        starts = 0
        while len(chosen) < _MOST_NAMED:
            start = next((r for r in self._failed if r.name not in explained and not self._tried(r)), None)
            if start is None or starts == _MOST_STARTS:
                break
            starts += 1
            found = self._best(self._known, start, explained)
            if found is not None:
                chosen.append(found)
                explained |= self._standing[found.name].explains
        enough = 2 * len(explained) > len(self._failed)
        if len(explained) < len(self._failed) and (two := self._two(chosen if enough else (), explained)):
            return two
        if not enough:
            alone = self._by_pattern()
            return {r.name: alone for r in self._failed} if alone is not None else {}
        return {
            r.name: v
            for r in self._failed
            for v in reversed(chosen)
            if r.name in self._standing[v.name].explains
        }

    def _two(self, chosen: Sequence[Variant], explained: set[str]) -> dict[str, Variant]:
        """What two mistakes at once explain, where that is more than single ones do; one may be chosen already."""
        able = [v for v in self._known if not self._standing[v.name].out]
        pairs: Iterable[tuple[Variant, Variant]] = itertools.combinations(able, 2)
        if chosen:
            pairs = ((chosen[0], other) for other in able if other is not chosen[0])
        start = next(r for r in self._failed if r.name not in explained)
        fails = {
            v.name for v in able if (answer := self._answer(v.source, start)) is not None and answer.failed
        }
        both = {
            v.name: (pair, v)
            for pair in pairs
            if fails & {pair[0].name, pair[1].name} and (v := self._combined(*pair)) is not None
        }
        for name in both:
            self._standing[name] = _Standing(set())
        found = self._best([v for _, v in both.values()], start, explained)
        if found is None:
            return {}
        explains = self._standing[found.name].explains
        if len(explains) < len(self._failed):  # two edits together come near much that they are not
            return {}
        return self._shared(both[found.name][0], [r for r in self._failed if r.name in explains])

    def _shared(self, pair: tuple[Variant, Variant], failed: Sequence[Replay]) -> dict[str, Variant]:
        """Which of two mistakes each failed test shows: the one that fails it alone, the first where both do; of those
        the last shows the second, where no other test does."""
        first, second = pair
        fails = {
            v.name: {
                r.name for r in failed if (answer := self._answer(v.source, r)) is not None and answer.failed
            }
            for v in pair
        }
        named = {r.name: first for r in failed}
        named |= dict.fromkeys(fails[second.name] - fails[first.name], second)
        if len(named) > 1 and second not in named.values():
            named |= dict.fromkeys([r.name for r in failed if r.name in fails[second.name]][-1:], second)
        return named

    def _tried(self, replay: Replay) -> bool:
        return any((v.name, replay.name) in self._judged for v in self._known) and all(
            (v.name, replay.name) in self._judged or self._standing[v.name].out for v in self._known
        )

    def _best(self, known: Sequence[Variant], start: Replay, explained: set[str]) -> Variant | None:
        """The one that explains most, of those that explain this test and that nothing contradicts."""
        able = [v for v in known if not self._standing[v.name].out and self._explains(v, start)]
        for variant in able:
            for replay in (*self._failed, *self._passed):
                if self._standing[variant.name].out:
                    break
                self._explains(variant, replay)
        able = [v for v in able if not (self._standing[v.name].out or self._standing[v.name].farther)]
        if not able:
            return None
        agreement = {v.name: self._agreement(v) for v in able}
        return max(
            able,
            key=lambda v: (len(self._standing[v.name].explains - explained), agreement[v.name]),
        )

    def _explains(self, variant: Variant, replay: Replay) -> bool:
        """Whether a misconception explains a failed test; notes where a test contradicts it."""
        key, standing = (variant.name, replay.name), self._standing[variant.name]
        if key not in self._judged:
            answer = self._answer(variant.source, replay)
            truth = self._answer(self._reference, replay)
            if answer is None or truth is None:
                return False
            standing.out |= answer.stopped
            found = judge(replay.trace, answer.trace, truth.trace, chaotic=replay.slow)
            self._judged[key] = found
            if not replay.failed:  # what both pass differs in what the test leaves free
                standing.out |= answer.failed and not truth.failed
            elif answer.failed and not found.like and not truth.chance:
                standing.out |= found.contradicts
                standing.farther |= found.farther
            if replay.failed and answer.failed and not truth.failed and found.like:
                standing.explains.add(replay.name)
        return replay.name in standing.explains

    def _agreement(self, variant: Variant) -> int:
        """In how many of the passed tests a misconception answers just as the student does."""
        answers = ((self._answer(variant.source, r), r) for r in self._passed)
        return sum(answer is not None and same(answer.trace, r.trace) for answer, r in answers)

    def _answer(self, source: str, replay: Replay) -> Answer | None:
        """What a solution does in a test; None where the budget is used up."""
        key = (source, replay.name)
        if key not in self._asked:
            if self._left < replay.cost:
                return None
            self._left -= replay.cost
            self._asked[key] = self._answers.of(source, replay)
        return self._asked[key]

    # Where numbers cannot be compared ------------------------------------------------------------------------------

    def _by_pattern(self) -> Variant | None:
        """The one misconception that fails and passes the same tests with the same messages, where chance decides."""
        if not self._random():
            return None
        able = [v for v in self._known if not self._standing[v.name].out]
        for replay in (*self._failed, *self._passed):
            able = [v for v in able if self._fails_alike(v, replay)]
            if not able:
                return None
        return able[0] if len(able) == 1 else None

    def _random(self) -> bool:
        """Whether answers do not tell mistakes apart: chance has a part in a failed test, since a generator is handed
        out or the solution draws itself, or what should have been refused gave something."""
        if all(_UNREFUSED in replay.message for replay in self._failed):
            return True
        answers = (self._answer(self._reference, r) for r in self._failed)
        return any(answer is not None and answer.chance for answer in answers)

    def _fails_alike(self, variant: Variant, replay: Replay) -> bool:
        answer = self._answer(variant.source, replay)
        return (
            answer is not None
            and answer.failed == replay.failed
            and _same_message(answer.message, replay.message)
            and (not replay.failed or related(answer.trace, replay.trace))
        )


def _same_message(one: str, other: str) -> bool:
    """Whether two messages say the same, numbers up to what chance makes of them."""
    one, other = _STYLE.sub("", one), _STYLE.sub("", other)
    if _NUMBER.sub("#", one) != _NUMBER.sub("#", other):
        return False
    pairs = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    return all(
        abs(float(a) - float(b)) <= _MESSAGE_SHARE * max(abs(float(a)), abs(float(b))) for a, b in pairs
    )
