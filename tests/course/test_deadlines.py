"""Lateness costs what the course says: a pure function of times and points, in the class's own time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autograder.course import Course, CourseError
from autograder.course.deadlines import (
    DAY,
    FILE,
    Deadline,
    Deadlines,
    Policy,
    chosen,
    days,
    read_deadlines,
)

TEN_A_DAY = Policy(grace_minutes=15, percent_per_day=10, percent_cap=35)


@pytest.mark.parametrize(
    ("seconds", "lost"),
    [
        (-DAY, 0.0),
        (0, 0.0),
        (15 * 60, 0.0),
        (15 * 60 + 1, 4.0),
        (DAY, 4.0),
        (DAY + 1, 8.0),
        (3 * DAY, 12.0),
        (3 * DAY + 1, 14.0),
        (300 * DAY, 14.0),
    ],
)
def test_each_day_begun_costs_until_the_cap(seconds: float, lost: float) -> None:
    assert TEN_A_DAY.penalty(40.0, 50.0, seconds) == lost


def test_a_penalty_may_be_of_the_points_there_are_and_never_goes_below_zero() -> None:
    policy = Policy(percent_per_day=10, percent_of="maximum")
    assert policy.penalty(40.0, 50.0, 1) == 5.0
    assert policy.penalty(3.0, 50.0, 1) == 3.0
    assert policy.penalty(0.0, 50.0, 1) == 0.0
    assert Policy().penalty(40.0, 50.0, 9 * DAY) == 0.0, "without a price nothing is lost"


@pytest.mark.parametrize("policy", [TEN_A_DAY, Policy(0, 7, 90, "maximum"), Policy(30, 100)])
def test_later_never_costs_less(policy: Policy) -> None:
    lost = [policy.penalty(33.3, 47.0, hours * 3600.0) for hours in range(24 * 12)]
    assert lost == sorted(lost) and all(0 <= points <= 33.3 for points in lost)


def write(folder: Path, text: str) -> Course:
    (folder / FILE).write_text(text)
    return Course(folder)


def test_times_are_those_of_the_class(tmp_path: Path) -> None:
    """Berlin is an hour ahead of UTC in November and two in June; an extension gives more time, never less."""
    course = write(
        tmp_path,
        'timezone = "Europe/Berlin"\npercent_per_day = 10\n[ch05]\ndue = 2026-11-20 23:59:00\npercent_cap = 30\n'
        "[ch05.extensions]\nada = 2026-11-27 23:59:00\nbob = 2026-11-01 10:00:00\n[ch07]\ndue = 2026-06-01 12:00:00\n",
    )
    deadlines = read_deadlines(course)
    ch05, ch07 = deadlines.of("ch05"), deadlines.of("ch07")
    assert ch05.due == datetime(2026, 11, 20, 22, 59, tzinfo=UTC)
    assert ch07.due == datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
    assert ch05.of("ada") == datetime(2026, 11, 27, 22, 59, tzinfo=UTC)
    assert ch05.of("bob") == ch05.of("eve") == ch05.due
    assert (ch05.policy.percent_cap, ch07.policy.percent_cap, ch07.policy.percent_per_day) == (30, 100, 10)
    assert deadlines.local(datetime(2026, 11, 20, 22, 59)) == "2026-11-20 23:59 CET"
    monday = datetime(2026, 11, 23, 22, 59, tzinfo=UTC)
    assert ch05.penalty("eve", monday, 40.0, 50.0) == 12.0 and ch05.penalty("ada", monday, 40.0, 50.0) == 0.0
    assert ch05.penalty("eve", None, 40.0, 50.0) == 0.0, "a time that is not known costs nothing"


def test_a_deadline_in_the_night_of_the_clock_change(tmp_path: Path) -> None:
    """On 25 October 2026 half past two comes twice; the first counts, and a second later is late by a second."""
    course = write(tmp_path, 'timezone = "Europe/Berlin"\n[ch05]\ndue = 2026-10-25 02:30:00\n')
    ch05 = read_deadlines(course).of("ch05")
    assert ch05.due == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert ch05.seconds_late("ada", datetime(2026, 10, 25, 0, 30, 1, tzinfo=UTC)) == 1.0


def test_without_the_file_the_gradebooks_date_counts_and_costs_nothing(tmp_path: Path) -> None:
    deadline = read_deadlines(Course(tmp_path)).of("ch05", datetime(2026, 11, 20, 12, 0))
    assert deadline.due == datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    assert deadline.penalty("ada", datetime(2027, 1, 1, tzinfo=UTC), 40.0, 50.0) == 0.0
    assert Deadlines().of("ch05").due is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[ch05\n", "not TOML"),
        ('timezone = "Berlin"\n', "no time zone 'Berlin'"),
        ('[ch05]\ndue = "2026-11-20 23:59"\n', "the time of ch05 .*unquoted"),
        ("[ch05]\ndue = 2026-11-20\n", "the time of ch05"),
        ("[ch05]\nextensions = 3\n", r"\[ch05.extensions\]"),
        ("[ch05.extensions]\nada = 2026-11-20 10:00:00\n", "write `due`"),
        ("percent_per_day = true\n", "percent_per_day of the course"),
        ('counts = "first"\n', '"last in time" or "last"'),
        ("due = 2026-11-20 10:00:00\n", "no setting 'due'"),
        ("percent_per_day = -1\n", "percent_per_day of the course"),
        ("percent_cap = 120\n", "percent_cap"),
        ("percent_cap = nan\n", "percent_cap"),
        ('percent_of = "all"\n', '"score" or "maximum"'),
        ("[ch05]\npercent_per_dya = 3\n", "no setting 'percent_per_dya'"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(CourseError, match=says):
        read_deadlines(write(tmp_path, text))


def test_the_last_hand_in_in_time_counts() -> None:
    due = datetime(2026, 11, 20, 23, 59, tzinfo=UTC)
    deadline = Deadline(due, {"ada": due + timedelta(days=1)}, TEN_A_DAY)
    early, edge, late, later = (due + timedelta(minutes=m) for m in (-60, 15, 16, 60 * 23))

    def counts(student: str, *times: datetime, of: Deadline = deadline) -> datetime:
        return chosen(times, of, student, lambda when: when)

    assert counts("eve", late, early) == early
    assert counts("eve", edge, late, early) == edge, "the grace belongs to it"
    assert counts("eve", later, late) == later, "none is in time: the last one"
    assert counts("ada", later, early) == later, "an extension belongs to it"
    assert counts("eve", early, later, of=Deadline()) == later, "no deadline: the last one"
    assert counts("eve", early, later, of=Deadline(due, policy=Policy(counts="last"))) == later


def test_lateness_in_words() -> None:
    assert [days(seconds) for seconds in (1, DAY, DAY + 1)] == ["1 day", "1 day", "2 days"]
    assert Deadline(policy=TEN_A_DAY).price() == "each day begun costs 10% of the points earned, 35% at most"
    of_all = Deadline(policy=Policy(percent_per_day=2.5, percent_of="maximum"))
    assert of_all.price() == "each day begun costs 2.5% of the points there are"
