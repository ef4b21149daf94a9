"""`autograder collect`: a learning platform's download into the course."""

from __future__ import annotations

from pathlib import Path

from autograder.course import Course, CourseError
from autograder.gradebook.collecting import Collected, Origin, collect


def run_collect(
    course: Course, assignment: str, download: Path, origin: str, *, update: bool, times: bool
) -> Collected:
    """Collect; CourseError where the download or the name of its origin cannot be used."""
    if origin not in list(Origin):
        raise CourseError(f"no origin {origin!r}: choose one of {', '.join(Origin)}")
    return collect(course, assignment, download, Origin(origin), update=update, times=times)
