"""What differs at the exchange: the hand-in that counts, and feedback where some did not hand in there."""

from __future__ import annotations

import glob
from datetime import UTC
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect, ExchangeReleaseFeedback

from autograder.course import Course, CourseError
from autograder.course.deadlines import Deadline, chosen, read_deadlines

_OF_THE_EXCHANGE = ("timestamp.txt", "submission_secret.txt")


class Collect(ExchangeCollect):
    """Of a student's hand-ins takes the one that counts by ``deadlines.toml``; without the file nbgrader's choice."""

    _deadline: Deadline | None = None

    def init_src(self) -> None:
        name = self.coursedir.assignment_id
        try:
            deadlines = read_deadlines(Course(Path(self.coursedir.root)))
        except CourseError as error:
            self.fail(str(error))
        if deadlines.dates(name):
            self._deadline, self.before_duedate = deadlines.of(name), False
        super().init_src()
        # With --update nbgrader then replaces what was collected by another hand-in, not only by a later one.
        self.before_duedate = self.before_duedate or self._deadline is not None

    def _sort_by_timestamp(self, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """nbgrader takes the first one."""
        ordered: list[dict[str, Any]] = super()._sort_by_timestamp(records)
        if self._deadline is None:
            return ordered
        student = str(records[0]["username"])
        first = chosen(
            records, self._deadline, student, lambda record: record["timestamp"].replace(tzinfo=UTC)
        )
        if first is not ordered[0]:
            self.log.warning("%s: a later hand-in was late, the last one in time counts", student)
        return [first, *(record for record in ordered if record is not first)]


class ReleaseFeedback(ExchangeReleaseFeedback):
    """Passes over the students whom the exchange does not know, with a warning that says where their pages are.

    nbgrader's own stops at the first of them, and nobody after that one gets feedback.
    """

    def copy_files(self) -> None:
        folders = {Path(page).parent for page in glob.glob(f"{self.src_path}/*.html")}
        unknown = [f for f in sorted(folders) if not all((f / name).is_file() for name in _OF_THE_EXCHANGE)]
        for folder in unknown:
            self.log.warning(
                "%s did not hand in through the exchange: give out %s some other way",
                folder.parent.name,
                folder,
            )
        excluded = [self.coursedir.student_id_exclude, *(folder.parent.name for folder in unknown)]
        self.coursedir.student_id_exclude = ",".join(filter(None, excluded))
        super().copy_files()
