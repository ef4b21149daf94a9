"""`autograder roster`: enter a class list into the course and its gradebook."""

from __future__ import annotations

from pathlib import Path

from nbgrader.api import Gradebook

from autograder.course import Course, CourseError
from autograder.course.roster import Member, merged, read_class_list, read_roster, write_roster
from autograder.course.spelling import composed, told_apart
from autograder.gradebook.record import Recorder, database_errors


def run_roster(course: Course, file: Path, *, column: str = "") -> list[str]:
    """Read a class list, keep it as roster.csv, enter names, emails and ids in the gradebook; returns what to print.

    Nothing is deleted: who is missing from the list is marked as dropped, and comes back with a list that has them.

    Raises:
        CourseError: the list or the gradebook cannot be used, or the folder is not a course.
    """
    if not course.source.is_dir() and not course.gradebook.exists():
        raise CourseError(f"{course.root} is not a course: run the command in the folder that holds source/")
    before = read_roster(course)
    handed_in = _handed_in(course)
    url = Recorder(course).db_url
    with database_errors(course), Gradebook(url) as gradebook:
        known = handed_in | {str(student.id) for student in gradebook.students}
        new = read_class_list(file.read_bytes(), file.name, known, column)
        members = merged(before, new.members)
        entered = [member for member in members if not member.dropped]
        for member in entered:
            gradebook.update_or_create_student(member.id, **_fields(member))
    path = write_roster(course, members)
    dropped = {member.id for member in before if member.dropped}
    gone = [member for member in members if member.dropped and member.id not in dropped]
    back = [member for member in entered if member.id in dropped]
    strangers = sorted(handed_in - {member.id for member in members})
    lines = [
        f"{len(entered)} students from a {new.kind} list, known by {new.column!r}; kept in {path}",
        *new.notes,
    ]
    if gone:
        lines.append(f"dropped, hidden from lists, nothing deleted: {_told(gone)}")
    if back:
        lines.append(f"back in the class: {_told(back)}")
    listed = {composed(member.id): member.id for member in members}
    for stranger in [name for name in strangers if composed(name) in listed]:
        known_as = listed[composed(stranger)]
        shown = told_apart([stranger, known_as])
        lines.append(
            f"handed in as {shown[stranger]}, and on the list as {shown[known_as]}: rename the folder under "
            "submitted/, or the id on the list"
        )
    strangers = [name for name in strangers if composed(name) not in listed]
    if strangers:
        lines.append(
            f"handed in and not on the list: {', '.join(strangers)}; where these are ids of another kind, name the "
            "column that has them with --id"
        )
    return lines


def _fields(member: Member) -> dict[str, str]:
    """What the list says of a student; what it leaves empty stays in the gradebook as it was."""
    fields = {
        "first_name": member.first_name,
        "last_name": member.last_name,
        "email": member.email,
        "lms_user_id": member.lms_user_id,
    }
    return {name: text for name, text in fields.items() if text}


def _handed_in(course: Course) -> set[str]:
    return {student for assignment in course.assignments() for student in course.students(assignment)}


def _told(members: list[Member]) -> str:
    return ", ".join(
        member.id if member.name == member.id else f"{member.id} ({member.name})" for member in members
    )
