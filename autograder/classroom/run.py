"""Grading a class: what is in the result store is taken from it, the rest is graded and stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from autograder.classroom.pool import Task, grade_all
from autograder.classroom.store import ResultStore
from autograder.classroom.workplace import JailChoice, load_assignment, workplace
from autograder.course import Course, SubmissionError
from autograder.grading.grade import key_of
from autograder.grading.parse_notebook import parse
from autograder.grading.result import Result, Verdict


def grade_assignment(
    course: Course,
    assignment_name: str,
    students: Sequence[str],
    *,
    jobs: int = 1,
    force: bool = False,
    seed: int = 0,
    backend: str | None = None,
    unsafe_no_jail: bool = False,
    progress: Callable[[], None] = lambda: None,
) -> dict[str, Result | str]:
    """Grade students' submissions; what is stored already is not graded again unless forced.

    Args:
        jobs: grading processes. force: grade again what is stored. seed: of the hidden tests' random inputs.
        progress: called once for each student done.

    Returns:
        By student, the result or one sentence why there is none.

    Raises:
        CourseError: the assignment or the result store cannot be used. JailUnavailable: no proven jail.
    """
    assignment, store = load_assignment(course, assignment_name), ResultStore(course.results)
    jail = JailChoice.of(course, backend, unsafe_no_jail)
    outcomes: dict[str, Result | str] = {}
    tasks: dict[str, Task] = {}
    owners: defaultdict[str, list[str]] = defaultdict(list)  # equal submissions are graded once
    for student in students:
        try:
            document = course.submission(student, assignment_name, assignment.notebook)
            key = key_of(assignment, parse(document), seed)
        except SubmissionError as error:
            outcomes[student] = str(error)
            progress()
            continue
        stored = None if force else _settled(store, key)
        if stored is not None:
            outcomes[student] = stored
            progress()
        else:
            owners[key].append(student)
            tasks.setdefault(key, Task(key, document, assignment, seed, jail))
    for task, outcome in grade_all(list(tasks.values()), jobs):
        if isinstance(outcome, Result):
            store.put(outcome)
        for student in owners[task.key]:
            outcomes[student] = outcome
            progress()
    return {student: outcomes[student] for student in students}


def grade_one(
    course: Course,
    assignment_name: str,
    student: str,
    *,
    seed: int = 0,
    backend: str | None = None,
    unsafe_no_jail: bool = False,
) -> Result:
    """The stored result of one submission, or one made now, in this process's own jail.

    Raises:
        SubmissionError: it is not a notebook. CourseError, JailUnavailable, GraderFault: not the student's fault.
    """
    assignment, store = load_assignment(course, assignment_name), ResultStore(course.results)
    document = course.submission(student, assignment_name, assignment.notebook)
    stored = _settled(store, key_of(assignment, parse(document), seed))
    if stored is not None:
        return stored
    result = workplace(JailChoice.of(course, backend, unsafe_no_jail)).grade(document, assignment, seed)
    store.put(result)
    return result


def _settled(store: ResultStore, key: str) -> Result | None:
    """The stored result, unless the grader failed in it: then it is worth another try."""
    result = store.get(key)
    if result is None or any(e.verdict is Verdict.NOT_GRADABLE for e in result.exercises):
        return None
    return result
