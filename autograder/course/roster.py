"""Who is in the class: names, emails and the learning platform's ids, from the list that a platform exports.

The list is kept in the course folder as ``roster.csv``, plain text that an instructor may edit. A student who is
missing from a later list has dropped: the entry stays, marked, with every grade and submission; lists leave it out.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.course.folders import Course, CourseError
from autograder.course.sharing import share
from autograder.course.sheet import Sheet
from autograder.course.submission import id_problem

FILE = "roster.csv"
COLUMNS = ("student_id", "last_name", "first_name", "email", "lms_user_id", "status")
ENROLLED, DROPPED = "enrolled", "dropped"

PLATFORM_ID = {"canvas": ("id",), "moodle": ("id number", "identifier"), "plain": ("lms_user_id", "lms id")}
"""The column by which each kind of list gives the platform's own id."""
STUDENT_ID = {
    "canvas": ("sis login id", "sis user id", "id"),
    "moodle": ("username", "id number", "email address"),
    "plain": (
        "student_id",
        "student id",
        "student",
        "id",
        "username",
        "login",
        "email",
        "email address",
        "e-mail",
    ),
}
"""Columns that may hold the names of the folders under submitted/, the likeliest first."""
EMAIL = ("email", "email address", "e-mail", "e-mail address")
FIRST, LAST = ("first_name", "first name", "given name"), ("last_name", "last name", "surname", "family name")
FULL = ("full name", "name", "student", "student name")


@dataclass(frozen=True)
class Member:
    """A student of the class; ``id`` is the name of the folder under submitted/."""

    id: str
    last_name: str = ""
    first_name: str = ""
    email: str = ""
    lms_user_id: str = ""
    dropped: bool = False

    @property
    def name(self) -> str:
        """First and last name; the id where neither is known."""
        return " ".join(filter(None, (self.first_name, self.last_name))) or self.id


@dataclass(frozen=True)
class ClassList:
    """A list that was read.

    Attributes:
        kind: canvas, moodle or plain. column: the column that gave the students' ids. members: in the file's order.
        notes: what was left out and why.
    """

    kind: str
    column: str
    members: tuple[Member, ...]
    notes: tuple[str, ...] = ()


def read_class_list(document: bytes, name: str, known: Iterable[str] = (), column: str = "") -> ClassList:
    """Read the list of a class that Canvas or Moodle exported, or a plain one with a header.

    Args:
        document: the file. name: what errors call it. known: students who have handed in or have grades; of the columns
            that may hold the student's id the one that names most of them is taken, else the likeliest. column: the
            title of that column, where the caller knows it.

    Raises:
        CourseError: no column can hold the student's id, or a row has none, one that stands twice, or one that nbgrader
            cannot work with.
    """
    sheet = Sheet.parse(document, name)
    head = next((row for row in range(len(sheet.rows)) if any(sheet.values(row))), 0)
    titles = [title.casefold() for title in sheet.values(head)]
    kind = _kind(titles)
    rows, notes = [], list[str]()
    for row in range(head + 1, len(sheet.rows)):
        values = dict(zip(reversed(titles), reversed(_padded(sheet.values(row), len(titles))), strict=False))
        if not any(values.values()):
            continue
        if kind == "canvas":
            if not values["id"]:  # Points Possible, Manual Posting
                continue
            if values.get("student", "").casefold() in ("student, test", "test student"):
                notes.append("left out Canvas's test student")
                continue
        rows.append((row + 1, values))
    if not rows:
        raise CourseError(f"{name} names no student: it needs a header and a row for each")
    title = _id_column(kind, titles, [values for _, values in rows], set(known), column, name)
    members: dict[str, tuple[int, Member]] = {}
    for row, values in rows:
        member = _member(kind, values, title)
        if not member.id:
            raise CourseError(
                f"{name}, row {row}: the column {title!r} is empty; fill it, or name another column with --id"
            )
        if problem := id_problem(member.id):
            raise CourseError(f"{name}, row {row}: {member.id!r} cannot be a student's id: {problem}")
        if member.id in members:
            raise CourseError(
                f"{name}: rows {members[member.id][0]} and {row} both have {title!r} {member.id!r}; "
                "name another column with --id"
            )
        members[member.id] = (row, member)
    return ClassList(kind, title, tuple(member for _, member in members.values()), tuple(notes))


def merged(before: Sequence[Member], now: Sequence[Member]) -> tuple[Member, ...]:
    """The new list, then those of the old one who are missing from it, as dropped.

    What the new list leaves empty stays as the old one had it.
    """
    old = {member.id: member for member in before}
    present = {member.id for member in now}
    entered = []
    for member in now:
        was = old.get(member.id, member)
        kept = {
            column: getattr(member, column) or getattr(was, column)
            for column in ("last_name", "first_name", "email", "lms_user_id")
        }
        entered.append(Member(member.id, **kept))
    gone = (replace(member, dropped=True) for member in before if member.id not in present)
    return (*entered, *gone)


def read_roster(course: Course) -> tuple[Member, ...]:
    """The roster of a course; empty where there is none. CourseError where the file cannot be used."""
    path = course.root / FILE
    try:
        document = path.read_bytes()
    except FileNotFoundError:
        return ()
    sheet = Sheet.parse(document, str(path))
    titles = sheet.values(0)
    if missing := [column for column in COLUMNS if column not in titles]:
        raise CourseError(
            f"{path} lacks the column {missing[0]!r}: make it again with `autograder roster class.csv`"
        )
    rows = [
        dict(zip(titles, _padded(sheet.values(row), len(titles)), strict=False))
        for row in range(1, len(sheet.rows))
    ]
    return tuple(
        Member(
            row["student_id"],
            row["last_name"],
            row["first_name"],
            row["email"],
            row["lms_user_id"],
            dropped=row["status"] == DROPPED,
        )
        for row in rows
        if row["student_id"]
    )


def write_roster(course: Course, members: Iterable[Member]) -> Path:
    """Write the roster whole or not at all; returns its path."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    for member in members:
        own = (member.id, member.last_name, member.first_name, member.email, member.lms_user_id)
        writer.writerow([*own, DROPPED if member.dropped else ENROLLED])
    path = course.root / FILE
    beside = path.with_name(f".{FILE}.{os.getpid()}")
    try:
        beside.write_text(table.getvalue(), encoding="utf-8", newline="")
        share(beside, course.root)
        beside.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()
    return path


def dropped_students(course: Course) -> frozenset[str]:
    """The ids of those who left the class, whom lists leave out."""
    return frozenset(member.id for member in read_roster(course) if member.dropped)


def _kind(titles: Sequence[str]) -> str:
    if "student" in titles and "id" in titles and any(title.startswith("sis ") for title in titles):
        return "canvas"
    if "email address" in titles or "identifier" in titles:
        return "moodle"
    return "plain"


def _id_column(
    kind: str, titles: list[str], rows: list[dict[str, str]], known: set[str], asked: str, name: str
) -> str:
    if asked:
        if asked.casefold() not in titles:
            raise CourseError(f"{name} has no column {asked!r} (there: {', '.join(filter(None, titles))})")
        return asked.casefold()
    there = [title for title in STUDENT_ID[kind] if title in titles]
    if not there:
        raise CourseError(
            f"{name} has no column that tells the students' ids: name it with --id (there: "
            f"{', '.join(filter(None, titles)) or 'none'})"
        )
    return max(  # the first of those that name equally many
        there,
        key=lambda title: (
            sum(row[title] in known for row in rows),
            sum(bool(row[title]) for row in rows),
        ),
    )


def _member(kind: str, values: dict[str, str], title: str) -> Member:
    def first(names: Iterable[str]) -> str:
        return next((values[name] for name in names if values.get(name)), "")

    given, family = first(FIRST), first(LAST)
    if not given and not family:
        full = first(name for name in FULL if name != title)
        family, comma, given = full.partition(",")
        if not comma:
            given, _, family = full.rpartition(" ")
    email = first(EMAIL)
    if not email and kind == "canvas" and "@" in values.get("sis login id", ""):
        email = values["sis login id"]
    lms = first(name for name in PLATFORM_ID[kind] if name != title or kind == "canvas")
    return Member(values[title], family.strip(), given.strip(), email, lms)


def _padded(values: list[str], length: int) -> list[str]:
    return [*values, *[""] * (length - len(values))][:length]
