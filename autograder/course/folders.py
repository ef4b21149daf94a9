"""A course on disk: where sources, submissions, results and grades live."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from autograder.course.submission import read_notebook


class CourseError(Exception):
    """Something is wrong with the course or the machine; the message is one line with what to do."""


@dataclass(frozen=True)
class Course:
    """The folders of a course, nbgrader's default layout.

    ``source/<assignment>/``, ``release/<assignment>/``, ``submitted/<student>/<assignment>/``,
    ``autograded/<student>/<assignment>/``, ``feedback/<student>/<assignment>/``, ``results/`` (the result
    store) and ``gradebook.db``.
    """

    root: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", Path(self.root).resolve())

    @property
    def source(self) -> Path:
        return self.root / "source"

    @property
    def suites(self) -> Path:
        """Hidden suites of the course's own; an assignment without one here has it in this package."""
        return self.root / "suites"

    @property
    def release(self) -> Path:
        return self.root / "release"

    @property
    def submitted(self) -> Path:
        return self.root / "submitted"

    @property
    def autograded(self) -> Path:
        return self.root / "autograded"

    @property
    def feedback(self) -> Path:
        return self.root / "feedback"

    @property
    def results(self) -> Path:
        return self.root / "results"

    @property
    def gradebook(self) -> Path:
        return self.root / "gradebook.db"

    @property
    def secret(self) -> Path:
        """Hidden inputs follow from it; see `autograder.course.secret`."""
        return self.root / "course_secret"

    def assignments(self) -> list[str]:
        """Every assignment that has a source notebook, sorted."""
        if not self.source.is_dir():
            return []
        return sorted({path.parent.name for path in self.source.glob("*/*.ipynb")})

    def notebooks(self, assignment: str) -> list[str]:
        """The assignment's notebooks without ``.ipynb``, sorted. CourseError where there is none."""
        names = sorted(path.stem for path in (self.source / assignment).glob("*.ipynb"))
        if not names:
            known = ", ".join(self.assignments()) or "none"
            raise CourseError(
                f"no assignment {assignment!r} under {self.source} (there: {known}); "
                "run the command in the course folder, or make the notebooks first with `make notebooks`"
            )
        return names

    def source_notebook(self, assignment: str, notebook: str) -> Path:
        return self.source / assignment / f"{notebook}.ipynb"

    def submission_folder(self, student: str, assignment: str) -> Path:
        return self.submitted / student / assignment

    def students(self, assignment: str) -> list[str]:
        """Every student with a folder for this assignment, sorted; links too, which reading then refuses."""
        if not self.submitted.is_dir():
            return []
        try:
            return sorted(
                entry.name
                for entry in self.submitted.iterdir()
                if not entry.name.startswith(".") and os.path.lexists(entry / assignment)
            )
        except PermissionError as error:
            raise CourseError(
                f"{self.submitted} cannot be listed ({error.strerror}): make it readable"
            ) from None

    def select(self, assignment: str, wanted: tuple[str, ...] = ()) -> list[str]:
        """The students to grade: all who submitted and are in the class, or those ``wanted``. CourseError names who is
        missing."""
        from autograder.course.roster import dropped_students

        present = self.students(assignment)
        if not wanted:
            dropped = dropped_students(self)
            present = [student for student in present if student not in dropped]
        if not wanted:
            if not present:
                raise CourseError(
                    f"no submissions of {assignment!r} under {self.submitted}; "
                    f"run `nbgrader collect {assignment}` or `nbgrader zip_collect {assignment}` first"
                )
            return present
        missing = [student for student in wanted if student not in present]
        if missing:
            raise CourseError(
                f"no submission of {assignment!r} by {', '.join(map(repr, missing))}; "
                f"expected {self.submission_folder(missing[0], assignment)}"
            )
        return [student for student in present if student in wanted]

    def submission(self, student: str, assignment: str, notebook: str) -> bytes:
        """The submitted notebook's bytes; SubmissionError where it is missing, a link, special or too
        large."""
        path = self.submission_folder(student, assignment) / f"{notebook}.ipynb"
        return read_notebook(path, self.submitted)
