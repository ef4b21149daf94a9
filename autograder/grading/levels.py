"""Marks follow understanding: every hidden test belongs to a level, and a level has a stated share of the exercise.

A test's weight counts inside its level, so that twenty cases of an option never outweigh the plain case. The levels
that an exercise has share what the contract leaves, in proportion to their shares.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

CONTRACT = "contract"
SHARES: Mapping[str, float] = MappingProxyType(
    {"runs": 15.0, "plain": 35.0, "options": 25.0, "invariants": 20.0, "converges": 35.0, CONTRACT: 10.0}
)
"""Percent of an exercise by level, in the order in which a student climbs them:

- `runs`: the code runs, and what it returns has the right shape;
- `plain`: the plain case, which shows that the idea is understood;
- `options`: every option alone and together with others, edges, remainders, views;
- `invariants`: gradients, and what holds whatever the input;
- `converges`: what was trained is judged by its predictions or samples;
- `contract`: dtypes are kept, arguments are left alone, bad arguments are refused.

The contract's is exact and never grows where another level is missing; those of the others are proportions.
"""
TITLES: Mapping[str, str] = MappingProxyType(
    {
        "runs": "it runs",
        "plain": "the plain case",
        "options": "options and edges",
        "invariants": "gradients and invariants",
        "converges": "what was trained",
        CONTRACT: "types, arguments and errors",
    }
)
"""A level's name as the student reads it."""


@dataclass(frozen=True)
class Weighed:
    """A test as the score sees it.

    Attributes:
        function: the test's name without its parameters; the cases of one function share its weight.
        level: a key of `SHARES`, or nothing where the exercise's suite names no level.
        weight: of the whole function; 0 for a gate that earns nothing by itself.
    """

    function: str
    level: str
    weight: float


def shares(tests: Iterable[Weighed], overrides: Mapping[str, float] = MappingProxyType({})) -> list[float]:
    """The part of the exercise that each test decides; together 1.

    Args:
        tests: every test of one exercise, whether it was run or not: a score must not depend on that.
        overrides: percent by level where the exercise differs from `SHARES`.
    """
    tests = list(tests)
    cases: dict[str, int] = defaultdict(int)
    for test in tests:
        cases[test.function] += 1
    inside: dict[str, float] = defaultdict(float)
    for test in tests:
        inside[test.level] += test.weight / cases[test.function]
    parts = _parts([level for level, weight in inside.items() if weight], {**SHARES, "": 100.0, **overrides})
    return [
        parts[test.level] * test.weight / cases[test.function] / inside[test.level] if test.weight else 0.0
        for test in tests
    ]


def _parts(present: Iterable[str], percent: Mapping[str, float]) -> dict[str, float]:
    """The part of the whole that each level present has."""
    levels = list(present)
    if levels == [CONTRACT]:
        return {CONTRACT: 1.0}
    contract = percent[CONTRACT] / 100 if CONTRACT in levels else 0.0
    rest = sum(percent[level] for level in levels if level != CONTRACT)
    return {
        level: contract if level == CONTRACT else (1 - contract) * percent[level] / rest for level in levels
    }
