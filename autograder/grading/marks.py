"""The markers of a hidden test say its place in the score."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import pytest

from autograder.grading.levels import SHARES
from autograder.grading.pytest_session import exercise_of


def level_of(item: Any) -> str:
    """The level a test belongs to, or nothing; UsageError where there is no such level."""
    marker = item.get_closest_marker("level")
    if marker is None:
        return ""
    name = marker.args[0] if marker.args else ""
    if name not in SHARES:
        raise pytest.UsageError(f"{item.nodeid}: there is no level {name!r}; there are {', '.join(SHARES)}")
    return str(name)


def weight_of(item: Any) -> float:
    """How much a test counts inside its level; UsageError where it is not a positive number, or 0 for a gate."""
    marker = item.get_closest_marker("weight")
    weight = marker.args[0] if marker and marker.args else 1.0
    gate = item.get_closest_marker("gate") is not None
    if not isinstance(weight, int | float) or not 0 <= weight < math.inf or not (weight or gate):
        raise pytest.UsageError(
            f"{item.nodeid}: a weight is a positive number, or 0 where a gate earns nothing by itself; it is {weight!r}"
        )
    return float(weight)


def check_levels(items: Iterable[Any]) -> dict[str, dict[str, float]]:
    """The shares by level of each exercise whose tests name levels, as far as they differ from the common ones.

    Raises:
        pytest.UsageError: a level is unknown, an exercise's tests name levels in part, or its shares make no sense.
    """
    found: dict[str, dict[str, float]] = {}
    without: dict[str, str] = {}
    for item in items:
        exercise = exercise_of(item)
        weight_of(item)
        if not level_of(item):
            without.setdefault(exercise, item.nodeid)
            continue
        marker = item.get_closest_marker("shares")
        told = dict(marker.kwargs) if marker else {}
        if found.setdefault(exercise, told) != told:
            raise pytest.UsageError(
                f"{item.nodeid}: {exercise}'s shares are said in two ways; say them once, for the file"
            )
        for level, percent in told.items():
            if level not in SHARES or not isinstance(percent, int | float) or not 0 < percent <= 100:
                raise pytest.UsageError(
                    f"{item.nodeid}: shares are percent by level ({', '.join(SHARES)}), not {level}={percent!r}"
                )
    for exercise, nodeid in without.items():
        if exercise in found:
            raise pytest.UsageError(
                f"{nodeid} has no level, other tests of {exercise} have: mark it `level(...)`"
            )
    return found


def mutates(item: pytest.Item) -> bool:
    """Tell whether the student's code may change its arguments in place in a test."""
    return item.get_closest_marker("mutates") is not None


def holds_answers(item: pytest.Function) -> bool:
    """Tell whether an argument of a test was made by a fixture that asks the student's code."""
    known = item._fixtureinfo.name2fixturedefs

    def asks(name: str) -> bool:
        return name == "student" or any(
            asks(inner) for made in known.get(name, ()) for inner in made.argnames
        )

    return any(asks(name) for name in item._fixtureinfo.argnames if name != "student")
