"""When an assignment is due, for whom later, and what lateness costs: pure functions of times and points.

The course keeps it in ``deadlines.toml``, beside the gradebook. Times there are those of the class's clocks:

    timezone = "Europe/Berlin"
    grace_minutes = 15            # this late costs nothing
    percent_per_day = 10          # for each day begun after the deadline
    percent_cap = 50              # at most this much
    percent_of = "score"          # of the points earned, or "maximum": of the points there are
    counts = "last in time"       # of several hand-ins; or "last", late or not

    [lenses]
    due = 2026-11-20 23:59:00
    percent_cap = 30              # an assignment may have its own
    [lenses.extensions]
    ada = 2026-11-27 23:59:00

Without the file nothing costs points, and the due dates are those of the gradebook.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from autograder.course.folders import Course, CourseError

FILE = "deadlines.toml"
DAY = 86_400.0
WORDS = {"percent_of": ("score", "maximum"), "counts": ("last in time", "last")}
"""Settings that are words, each with those it may be."""
T = TypeVar("T")


@dataclass(frozen=True)
class Policy:
    """The cost of lateness."""

    grace_minutes: float = 0.0
    percent_per_day: float = 0.0
    percent_cap: float = 100.0
    percent_of: str = "score"
    counts: str = "last in time"

    def penalty(self, score: float, points: float, seconds_late: float) -> float:
        """Points that a submission loses: finite, from 0 to its score.

        Who is inside the grace loses nothing; who is outside it pays for every day begun since the deadline.

        Args:
            score: points earned, before lateness. points: the points there are. seconds_late: after the deadline.
        """
        if seconds_late <= 60 * self.grace_minutes or score <= 0:
            return 0.0
        percent = min(self.percent_cap, self.percent_per_day * math.ceil(seconds_late / DAY))
        base = points if self.percent_of == "maximum" else score
        return min(score, round(base * percent / 100, 4))


@dataclass(frozen=True)
class Deadline:
    """An assignment's deadline; times are aware."""

    due: datetime | None = None
    extensions: dict[str, datetime] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)

    def of(self, student: str) -> datetime | None:
        """The deadline of one student; an extension only ever gives more time."""
        own = self.extensions.get(student)
        return self.due if self.due is None or own is None else max(own, self.due)

    def grace_end(self, student: str) -> datetime | None:
        """The last moment that costs this student nothing."""
        due = self.of(student)
        return None if due is None else due + timedelta(minutes=self.policy.grace_minutes)

    def seconds_late(self, student: str, handed_in: datetime | None) -> float:
        """Seconds after the student's deadline, grace not counted; 0 where either time is not known."""
        due = self.of(student)
        return (
            max(0.0, (handed_in - due).total_seconds()) if due is not None and handed_in is not None else 0.0
        )

    def penalty(self, student: str, handed_in: datetime | None, score: float, points: float) -> float:
        """Points that this submission loses; see `Policy.penalty`."""
        return self.policy.penalty(score, points, self.seconds_late(student, handed_in))

    def price(self) -> str:
        """The cost of a day in words."""
        of = "the points there are" if self.policy.percent_of == "maximum" else "the points earned"
        cap = f", {self.policy.percent_cap:g}% at most" if self.policy.percent_cap < 100 else ""
        return f"each day begun costs {self.policy.percent_per_day:g}% of {of}{cap}"


@dataclass(frozen=True)
class Deadlines:
    """All deadlines of a course, and the time zone of the class; ``stated`` where the course has the file."""

    zone: tzinfo = UTC
    by_assignment: dict[str, Deadline] = field(default_factory=dict)
    default: Policy = field(default_factory=Policy)
    stated: bool = False

    def of(self, assignment: str, gradebook_due: datetime | None = None) -> Deadline:
        """An assignment's deadline; the gradebook's due date (UTC) where the file has none."""
        due = None if gradebook_due is None else gradebook_due.replace(tzinfo=UTC)
        own = self.by_assignment.get(assignment, Deadline(policy=self.default))
        return own if own.due is not None else Deadline(due, own.extensions, own.policy)

    def dates(self, assignment: str) -> bool:
        """Tell whether the file says when the assignment is due; else the gradebook's date and extensions count."""
        own = self.by_assignment.get(assignment)
        return own is not None and own.due is not None

    def due(self, assignment: str, student: str = "") -> str:
        """The file's due date, or one student's, as the class's clocks show it; nothing where it states none."""
        due = self.of(assignment).of(student)
        return "" if due is None else self.local(due)

    def local(self, when: datetime) -> str:
        """A time as the class's clocks show it; a naive one is UTC, as the gradebook's are."""
        aware = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
        return f"{aware.astimezone(self.zone):%Y-%m-%d %H:%M %Z}"


def days(seconds_late: float) -> str:
    """Days begun, as people say them."""
    begun = math.ceil(seconds_late / DAY)
    return "1 day" if begun == 1 else f"{begun} days"


def chosen(hand_ins: Sequence[T], deadline: Deadline, student: str, when: Callable[[T], datetime]) -> T:
    """The hand-in that counts: the last one in time, and the last of all where none is or the course says so.

    Args:
        hand_ins: at least one, in any order; of equal times the later in the sequence counts.
        when: the time of a hand-in, aware.
    """
    ordered = sorted(hand_ins, key=when)
    end = deadline.grace_end(student) if deadline.policy.counts == "last in time" else None
    return ([one for one in ordered if end is not None and when(one) <= end] or ordered)[-1]


def read_deadlines(course: Course) -> Deadlines:
    """The course's deadlines. CourseError names what in the file cannot be read, and what to write instead."""
    path = course.root / FILE
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Deadlines()
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:  # not TOML, or not UTF-8
        raise CourseError(f"{path} is not TOML ({error}); a time is written 2026-11-20 23:59:00") from None
    name = document.get("timezone", "UTC")
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise CourseError(f"{path}: no time zone {name!r}; write one as Europe/Berlin or UTC") from None
    common = {
        key: value for key, value in document.items() if not isinstance(value, dict) and key != "timezone"
    }
    default = _policy(path, "the course", common)
    found = {
        assignment: _deadline(path, assignment, {**common, **own}, zone)
        for assignment, own in document.items()
        if isinstance(own, dict)
    }
    return Deadlines(zone, found, default, stated=True)


def _deadline(path: Path, assignment: str, table: dict[str, Any], zone: tzinfo) -> Deadline:
    own = dict(table)
    due, extensions = own.pop("due", None), own.pop("extensions", {})
    if not isinstance(extensions, dict):
        raise CourseError(f"{path}: write extensions of {assignment} as a table, [{assignment}.extensions]")
    if extensions and due is None:
        raise CourseError(f"{path}: {assignment} has extensions and no due date: write `due` above them")
    later = {
        student: _time(path, f"{assignment}, {student}", when, zone) for student, when in extensions.items()
    }
    start = None if due is None else _time(path, assignment, due, zone)
    return Deadline(start, later, _policy(path, assignment, own))


def _time(path: Path, whose: str, value: object, zone: tzinfo) -> datetime:
    if not isinstance(value, datetime):
        raise CourseError(
            f"{path}: the time of {whose} is {value!s}; write it as 2026-11-20 23:59:00, unquoted"
        )
    aware = value if value.tzinfo is not None else value.replace(tzinfo=zone)
    return aware.astimezone(UTC)


def _policy(path: Path, whose: str, table: dict[str, Any]) -> Policy:
    known = {one.name for one in fields(Policy)}
    if unknown := sorted(set(table) - known):
        raise CourseError(
            f"{path}: {whose} has no setting {unknown[0]!r}; there are {', '.join(sorted(known))}"
            + ("; a due date stands under its assignment, [NAME]" if whose == "the course" else ", due")
        )
    for key, value in table.items():
        if key in WORDS:
            fit, want = value in WORDS[key], " or ".join(f'"{word}"' for word in WORDS[key])
        else:
            number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            fit = number and 0 <= value <= (100 if key.startswith("percent") else math.inf)
            want = "a number from 0, a percentage up to 100"
        if not fit:
            raise CourseError(f"{path}: {key} of {whose} is {value!r}; write {want}")
    return Policy(**table)
