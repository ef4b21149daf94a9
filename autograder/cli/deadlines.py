"""`autograder deadlines`: what deadlines.toml says, as the commands understand it."""

from __future__ import annotations

from autograder.course import Course, CourseError
from autograder.course.deadlines import FILE, Deadline, read_deadlines
from autograder.course.roster import read_roster


def deadline_lines(course: Course) -> list[str]:
    """A line for each assignment with a due date, and one for each name that nobody has.

    Raises:
        CourseError: the file cannot be read, or there is none.
    """
    deadlines = read_deadlines(course)
    if not deadlines.stated:
        raise CourseError(f"there is no {course.root / FILE}: docs/deadlines.md has one to copy")
    known = set(course.assignments())
    people = {member.id for member in read_roster(course)}
    lines = []
    for name in sorted({*known, *deadlines.by_assignment}):
        deadline = deadlines.of(name)
        if not deadlines.dates(name):
            lines.append(f"{name}: no due date here, that of the gradebook counts; {_cost(deadline)}")
            continue
        lines.append(f"{name}: due {deadlines.due(name)}; {_cost(deadline)}")
        if name not in known:
            lines.append(f"{name}: no assignment of this name is under {course.source}")
        for student in sorted(deadline.extensions):
            lines.append(f"{name}: until {deadlines.due(name, student)} for {student}")
            if student not in people and student not in course.students(name):
                lines.append(f"{name}: {student} is neither on the roster nor has handed in")
    return lines


def _cost(deadline: Deadline) -> str:
    policy = deadline.policy
    if not policy.percent_per_day or not policy.percent_cap:
        return "lateness costs nothing"
    grace = f", after {policy.grace_minutes:g} minutes of grace" if policy.grace_minutes else ""
    return deadline.price() + grace
