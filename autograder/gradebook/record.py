"""Phase two: nbgrader's own steps, one submission at a time, write what the result store holds."""

from __future__ import annotations

import contextlib
import os
import shutil
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nbgrader.apps import NbGraderAPI
from nbgrader.apps.baseapp import NbGrader
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import capture_log, temp_attrs
from sqlalchemy.exc import OperationalError, SAWarning
from traitlets.config import Config

from autograder.course import Course, CourseError
from autograder.course.deadlines import read_deadlines
from autograder.gradebook.config import configure
from autograder.gradebook.database import kept_url, one_commit
from autograder.gradebook.grade import JailedGrade, decided
from autograder.gradebook.gradebook import CellGrade, is_known, queue_submission, read_class, void_grades
from autograder.gradebook.one_pass import OnePass
from autograder.gradebook.restore import OverwriteKnownCells, RestoreCells
from autograder.gradebook.waiting import can_have_page, page_of, submitted_at, write_page
from autograder.grading.result import Result

MACHINE_FAULTS = {
    "No space left on device": "free some disk space, then run the command again",
    "Disk quota exceeded": "free some disk space, then run the command again",
    "Read-only file system": "the course needs a writable folder",
    "Permission denied": "make the course folder and everything in it writable",
    "readonly database": "make gradebook.db and its folder writable",
    "database or disk is full": "free some disk space, then run the command again",
    "database is locked": "another program holds it; wait for it or close it, then run the command again",
    "unable to open database": "check that the course folder exists and is writable",
    "no such column": "back up gradebook.db, then run `nbgrader db upgrade`",
}
"""The words of the system or of SQLite when the machine, and no submission, is at fault; and what to do."""


class Recorder:
    """Writes results into one course's gradebook by the configuration in its nbgrader_config.py."""

    def __init__(self, course: Course) -> None:
        self.course = course
        config = course_config(course)
        config.NbGraderAPI.log_level = "WARN"
        config.CourseDirectory.root = str(course.root)
        config.SubmissionExporter.take_turns = False  # who records holds the course's lock
        self.coursedir = CourseDirectory(config=config)
        self.coursedir.db_url = kept_url(self.coursedir.db_url)
        self.api = NbGraderAPI(self.coursedir, config=config)

    @property
    def db_url(self) -> str:
        return str(self.coursedir.db_url)

    def check(self, assignment: str) -> None:
        """CourseError where gradebook or deadlines cannot be used, or the gradebook does not know the assignment."""
        read_deadlines(self.course)
        with database_errors(self.course):
            if not is_known(self.db_url, assignment):
                raise CourseError(
                    f"the gradebook does not know {assignment!r}: "
                    f"run `nbgrader generate_assignment {assignment} --force`"
                )

    def record(self, assignment: str, student: str, outcome: Result | str | None = None) -> str | None:
        """Record one submission's result, or why there is none; what is not given is looked up, and graded where it is
        not stored. None where it went well, else the last line that nbgrader logged."""
        with (
            database_errors(self.course),
            warnings.catch_warnings(),
            decided(assignment, student, outcome),
        ):
            # nbgrader links a submission to its notebooks before adding it to the session, and SQLAlchemy minds.
            warnings.simplefilter("ignore", SAWarning)
            # Written by itself: whenever the process is killed, no score of an earlier submission stands.
            void_grades(self.db_url, assignment, student)
            with one_commit(self.db_url):
                report = self._autograde(assignment, student)
        if report["success"]:
            return None
        error, log = str(report.get("error", "")), str(report.get("log", ""))
        if "KeyboardInterrupt" in error:
            raise KeyboardInterrupt
        for sign, advice in MACHINE_FAULTS.items():
            if sign in log or sign in error:
                raise CourseError(f"recording {student!r} failed ({sign}): {advice}")
        reasons = [
            line.strip() for line in (log + error).splitlines() if "Error" in line or "Exception" in line
        ]
        return reasons[-1] if reasons else "nbgrader gave no reason"

    def _autograde(self, assignment: str, student: str) -> dict[str, Any]:
        """As `NbGraderAPI.autograde`, in one conversion."""
        with temp_attrs(self.coursedir, assignment_id=assignment, student_id=student):
            converter = OnePass(coursedir=self.coursedir, parent=self.api)
            converter.force = converter.create_student = True
            report: dict[str, Any] = capture_log(converter)
        return report

    def queue(self, assignment: str, student: str, why: str) -> None:
        """Leave a submission that must not be converted to the instructor, with a page that says why and what was
        found; no page of an earlier one remains."""
        for folder in (self.course.autograded, self.course.feedback):
            stale = folder / student / assignment
            if stale.is_dir() and not stale.is_symlink():
                shutil.rmtree(stale)
        with database_errors(self.course), warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)
            at = submitted_at(self.course, assignment, student)
            notebooks = queue_submission(self.db_url, assignment, student, at)
            if can_have_page(self.course, student):
                for notebook in notebooks:
                    self._write_page(assignment, student, notebook, why)

    def _write_page(self, assignment: str, student: str, notebook: str, why: str) -> None:
        """nbgrader's steps that restore the cells, then the one that says in each why it has no score."""
        submission = {
            "assignment": assignment,
            "student": student,
            "notebook": notebook,
            "db_url": self.db_url,
        }
        intro, page = page_of(self.course, assignment, student, notebook, why)
        resources: dict[str, Any] = {"nbgrader": submission}
        with decided(assignment, student, why):
            for step in (RestoreCells(), OverwriteKnownCells(), JailedGrade()):
                page, resources = step.preprocess(page, resources)
        page.cells.insert(0, intro)
        write_page(self.course, assignment, student, notebook, page)

    def grades(self, assignment: str, student: str) -> dict[str, CellGrade]:
        return self.class_grades(assignment, [student]).get(student, {})

    def class_grades(self, assignment: str, students: Sequence[str]) -> dict[str, dict[str, CellGrade]]:
        """What stands in the gradebook, by student and cell, for these students at least."""
        with database_errors(self.course):
            return read_class(self.db_url, assignment, students)


def course_config(course: Course) -> Config:
    """The configuration that nbgrader would load in the course folder; the jailed path is in it even where the file
    forgot it."""
    app = NbGrader()
    app.log_level = "ERROR"
    with _in_folder(course.root):
        app.load_config_file()
    config = app.config
    steps = config.Autograde.get("autograde_preprocessors", [])
    if not any(isinstance(step, type) and issubclass(step, JailedGrade) for step in steps):
        configure(config, course.root)
    return config


@contextlib.contextmanager
def database_errors(course: Course) -> Iterator[None]:
    """Turn what SQLite says into a CourseError that says what to do."""
    try:
        yield
    except OperationalError as error:
        said = str(error.orig)
        what = next((advice for sign, advice in MACHINE_FAULTS.items() if sign in said), "check the file")
        raise CourseError(f"the gradebook {course.gradebook} cannot be used ({said}): {what}") from None


@contextlib.contextmanager
def _in_folder(folder: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
