"""Grading a class with the real pool: the result store is filled by jailed workers and recorded as it fills."""

from __future__ import annotations

from collections.abc import Callable

from autograder.classroom.grade_class import ClassReport, Progress, grade_class
from autograder.classroom.run import grade_assignment
from autograder.classroom.store import ResultStore
from autograder.classroom.workplace import load_assignment
from autograder.course import Course, SubmissionError
from autograder.grading.grade import key_of
from autograder.grading.parse_notebook import parse
from autograder.grading.result import Result, Verdict


def grade_in_jail(
    course: Course,
    assignment: str,
    *,
    students: tuple[str, ...] = (),
    jobs: int = 1,
    force: bool = False,
    seed: int = 0,
    backend: str = "",
    unsafe_no_jail: bool = False,
    wait: bool = True,
    progress: Progress,
) -> ClassReport:
    """Grade all who submitted, or the named students, by ``jobs`` jailed workers, into the gradebook.

    Raises:
        CourseError: the course or the machine is at fault. JailUnavailable: no proven jail; nothing was graded.
    """

    def fill_store(chosen: list[str], done: Callable[[], None]) -> dict[str, Result | str]:
        return grade_assignment(
            course,
            assignment,
            chosen,
            jobs=jobs,
            force=force,
            seed=seed,
            backend=backend or None,
            unsafe_no_jail=unsafe_no_jail,
            progress=done,
        )

    # A forced grading must not record the results that it is about to replace.
    is_stored = (lambda student: False) if force else Stored(course, assignment, seed)
    return grade_class(
        course,
        assignment,
        fill_store,
        students=students,
        is_stored=is_stored,
        progress=progress,
        wait=wait,
        jail={"backend": backend, "unsafe_no_jail": unsafe_no_jail, "seed": seed},
    )


class Stored:
    """Tells whether a student's result is in the store with nothing in it worth another try; asked again and again."""

    def __init__(self, course: Course, assignment: str, seed: int) -> None:
        self.course, self.seed, self.store = course, seed, ResultStore(course.results)
        self.assignment = load_assignment(course, assignment)
        self.keys: dict[str, str] = {}

    def __call__(self, student: str) -> bool:
        if student not in self.keys:
            self.keys[student] = self._key(student)
        key = self.keys[student]
        result = self.store.get(key) if key and self.store.path(key).exists() else None
        return result is not None and all(e.verdict is not Verdict.NOT_GRADABLE for e in result.exercises)

    def _key(self, student: str) -> str:
        try:
            document = self.course.submission(student, self.assignment.name, self.assignment.notebook)
            return key_of(self.assignment, parse(document), self.seed)
        except SubmissionError:
            return ""
