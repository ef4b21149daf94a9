"""What a class's scores say: distribution, difficulty and discrimination. Pure functions of numbers."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BINS = 10
FEWEST = 5
"""Students with a score, below whom a correlation says nothing."""


@dataclass(frozen=True)
class Distribution:
    """Scores of a class in points.

    Attributes:
        most: the points there are. final, open: how many scores lie in each of `BINS` equal parts of [0, most], those
            that are final and those that still wait for a person; the last part has its upper end too.
    """

    most: float
    count: int
    mean: float
    median: float
    quartiles: tuple[float, float]
    spread: float
    final: tuple[int, ...]
    open: tuple[int, ...]


@dataclass(frozen=True)
class Difficulty:
    """One exercise in a class.

    Attributes:
        count: students with a score. share: the mean share of its points, or None where nobody has a score.
        full, nothing: how many have all of it, and none.
        discrimination: Pearson correlation of its score with the share that the same student has of all other
            exercises, from -1 to 1; None below `FEWEST` students or where one of the two does not vary.
    """

    exercise: str
    points: float
    count: int
    share: float | None
    full: int
    nothing: int
    discrimination: float | None


def distribution(final: Sequence[float], waiting: Sequence[float], most: float) -> Distribution | None:
    """Of final scores, and of what those have so far who wait; None where there is no score at all."""
    scores = sorted([*final, *waiting])
    if not scores:
        return None
    quarters = statistics.quantiles(scores, n=4, method="inclusive") if len(scores) > 1 else scores * 3
    return Distribution(
        most,
        len(scores),
        statistics.fmean(scores),
        statistics.median(scores),
        (quarters[0], quarters[2]),
        statistics.pstdev(scores),
        _counts(final, most),
        _counts(waiting, most),
    )


def _counts(scores: Sequence[float], most: float) -> tuple[int, ...]:
    counts = [0] * BINS
    for score in scores:
        part = score / most if most > 0 else 0.0
        counts[min(BINS - 1, max(0, math.floor(part * BINS + 1e-9)))] += 1
    return tuple(counts)


def difficulties(
    scores: Sequence[Mapping[str, float | None]], points: Mapping[str, float]
) -> list[Difficulty]:
    """Each exercise's numbers, in the order of ``points``.

    Args:
        scores: for each student the score of each exercise, None or missing where it is still to come.
    """
    return [_difficulty(name, scores, points) for name in points]


def _difficulty(
    exercise: str, scores: Sequence[Mapping[str, float | None]], points: Mapping[str, float]
) -> Difficulty:
    most = points[exercise]
    own: list[float] = []
    rest: list[float | None] = []
    for student in scores:
        score = student.get(exercise)
        if score is None:
            continue
        others = [name for name in points if name != exercise and student.get(name) is not None]
        reach = math.fsum(points[name] for name in others)
        own.append(score)
        rest.append(math.fsum(student[name] or 0.0 for name in others) / reach if reach > 0 else None)
    pairs = [(score, share) for score, share in zip(own, rest, strict=True) if share is not None]
    return Difficulty(
        exercise,
        most,
        len(own),
        statistics.fmean(own) / most if own and most > 0 else None,
        sum(score >= most - 1e-9 for score in own),
        sum(score <= 1e-9 for score in own),
        correlation([score for score, _ in pairs], [share for _, share in pairs]),
    )


def correlation(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Pearson's; None below `FEWEST` pairs, or where one side does not vary."""
    if len(xs) < FEWEST or _is_constant(xs) or _is_constant(ys):
        return None
    return max(-1.0, min(1.0, statistics.correlation(xs, ys)))


def _is_constant(values: Sequence[float]) -> bool:
    return max(values) - min(values) < 1e-9
