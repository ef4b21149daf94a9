"""The report's numbers, worked by hand."""

from __future__ import annotations

import pytest

from autograder.report.statistics import FEWEST, correlation, difficulties, distribution


def test_a_distribution_by_hand() -> None:
    found = distribution([0.0, 9.99, 10.0, 100.0], [50.0], 100.0)
    assert found is not None
    assert (found.count, found.mean, found.median) == (5, pytest.approx(33.998), 10.0)
    assert found.quartiles == (9.99, 50.0)
    assert found.final == (2, 1, 0, 0, 0, 0, 0, 0, 0, 1) and found.open == (0, 0, 0, 0, 0, 1, 0, 0, 0, 0)
    assert sum(found.final) + sum(found.open) == found.count


def test_parts_that_floats_cannot_write_are_counted_where_they_belong() -> None:
    """0.3 of 3 points begins the second tenth, though 0.3 / 3 * 10 is below 1 as a float may be."""
    found = distribution([0.3, 0.9, 2.7, 3.0, 3.5], [], 3.0)
    assert found is not None and found.final == (0, 1, 0, 1, 0, 0, 0, 0, 0, 3), (
        "extra credit is in the last part"
    )


def test_classes_of_nobody_and_of_one() -> None:
    assert distribution([], [], 10.0) is None
    one = distribution([7.0], [], 10.0)
    assert one is not None and (one.mean, one.median, one.quartiles, one.spread) == (
        7.0,
        7.0,
        (7.0, 7.0),
        0.0,
    )
    assert distribution([0.0], [], 0.0) is not None, "an assignment without points"


def test_difficulty_and_discrimination_by_hand() -> None:
    points = {"a": 4.0, "b": 6.0, "c": 10.0}
    scores: list[dict[str, float | None]] = [
        {"a": 4.0, "b": 6.0, "c": 0.0},
        {"a": 3.0, "b": 4.5, "c": 2.0},
        {"a": 2.0, "b": 3.0, "c": 4.0},
        {"a": 1.0, "b": 1.5, "c": 6.0},
        {"a": 0.0, "b": 0.0, "c": 8.0},
    ]
    a, b, c = difficulties(scores, points)
    assert (a.share, a.full, a.nothing, a.count) == (0.5, 1, 1, 5)
    assert c.share == pytest.approx(0.4) and c.discrimination == pytest.approx(-1.0)
    assert b.discrimination == pytest.approx(-1.0), "the rest is a and c, and c outweighs a"
    only = difficulties([{"a": row["a"], "b": row["b"]} for row in scores], {"a": 4.0, "b": 6.0})
    assert [one.discrimination for one in only] == [pytest.approx(1.0)] * 2


def test_scores_that_are_to_come_are_left_out() -> None:
    """The rest is the share of what a student has scores for: an unread answer pulls nobody down."""
    points = {"a": 4.0, "b": 6.0, "essay": 90.0}
    rows: list[dict[str, float | None]] = [
        {"a": 4.0 * k / 5, "b": 6.0 * k / 5, "essay": None} for k in range(5)
    ]
    rows.append({"a": 4.0, "b": 6.0, "essay": 90.0})
    a, _, essay = difficulties(rows, points)
    assert a.discrimination == pytest.approx(1.0) and a.count == 6
    assert (essay.count, essay.share, essay.discrimination) == (1, 1.0, None)
    empty = difficulties([{"a": None}], {"a": 4.0})[0]
    assert (empty.count, empty.share, empty.discrimination) == (0, None, None)


def test_a_correlation_that_says_nothing_is_none() -> None:
    assert correlation([1.0] * 8, [1.0, 2.0] * 4) is None
    few = [float(k) for k in range(FEWEST - 1)]
    assert correlation(few, few) is None
    enough = [float(k) for k in range(FEWEST)]
    assert correlation(enough, enough[::-1]) == pytest.approx(-1.0)
