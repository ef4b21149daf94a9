"""The gradebook's scores as CSV, by nbgrader's exporter."""

from __future__ import annotations

from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins.export import CsvExportPlugin

from autograder.course import Course, CourseError
from autograder.gradebook.record import Recorder, database_errors


def export_csv(course: Course, to: Path, *, assignments: list[str], students: list[str]) -> int:
    """Write the scores and return how many lines; CourseError where there is no gradebook or ``to`` cannot be
    made."""
    if not course.gradebook.exists() and Recorder(course).db_url.startswith("sqlite"):
        raise CourseError(f"there is no gradebook at {course.gradebook}; grade something first")
    if not to.resolve().parent.is_dir():
        raise CourseError(f"the folder {to.resolve().parent} does not exist; make it first")
    exporter = CsvExportPlugin(to=str(to), assignment=assignments, student=students)
    with database_errors(course), Gradebook(Recorder(course).db_url) as gradebook:
        exporter.export(gradebook)
    return max(0, len(to.read_text().splitlines()) - 1)
