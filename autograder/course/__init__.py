"""A course on disk: its folders, its submissions, and the lock that lets one grader in at a time."""

from autograder.course.folders import Course, CourseError
from autograder.course.submission import (
    SubmissionError,
    foreign_files,
    id_problem,
    read_notebook,
    read_submitted,
)

__all__ = [
    "Course",
    "CourseError",
    "SubmissionError",
    "foreign_files",
    "id_problem",
    "read_notebook",
    "read_submitted",
]
