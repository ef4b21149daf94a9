"""What became of each submission: taken from the result store as far as it holds, else graded and stored.

`autograder.grading.keys` tells which exercises of a stored document still hold; only the others are graded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from autograder.classroom.admission import Usual
from autograder.classroom.options import DEFAULT, GradingOptions, JailChoice
from autograder.classroom.pool import Task, grade_all
from autograder.classroom.seats import Seats
from autograder.classroom.stages import stage
from autograder.classroom.store import ResultStore
from autograder.classroom.workplace import load_assignment, workplace
from autograder.course import Course, SubmissionError
from autograder.grading.assignment import Assignment
from autograder.grading.keys import Hints, address, hints_of, score_keys
from autograder.grading.parse_notebook import Cell, digest, parse
from autograder.grading.pytest_session import EVERYTHING, Selection
from autograder.grading.result import ExerciseKeys, ExerciseResult, Result, Verdict
from autograder.grading.run_order import NOT_WRITTEN, run_order


def class_outcomes(
    course: Course,
    assignment_name: str,
    students: Sequence[str],
    options: GradingOptions = DEFAULT,
    seats: Seats | None = None,
) -> Iterator[tuple[str, Result | str]]:
    """Each student once, as soon as it is known, with the result or one sentence why there is none.

    What is stored comes first and is not graded again unless forced; then who takes longest, so that no process is left
    with a long one while the others have ended. Every submission is read and parsed once.

    Args:
        seats: grading processes that have begun already.

    Raises:
        CourseError: the assignment, its hidden suite or the result store cannot be used. JailUnavailable: no proven
            jail. Nothing more is graded then.
    """
    with stage("the assignment"):
        assignment, store = load_assignment(course, assignment_name), ResultStore(course.results)
        hints, jail = hints_of(assignment), JailChoice.of(course, options)
    waiting: dict[str, tuple[Task, Kept]] = {}
    measured: list[Mapping[str, float]] = []
    owners: defaultdict[str, list[str]] = defaultdict(list)  # equal submissions are graded once
    for student in students:
        try:
            with stage("reading submissions and stored results"):
                cells = parse(course.submission(student, assignment_name, assignment.notebook))
                key = address(assignment, digest(cells), options.seed)
                stored = None if options.force else store.get(key)
                kept = what_holds(stored, assignment, cells, options.seed, hints)
        except SubmissionError as error:
            yield student, str(error)
            continue
        if stored is not None and stored.measured is not None:
            measured.append(stored.measured.exercises)
        if not kept.missing:
            yield student, kept.result()
        else:
            owners[key].append(student)
            task = Task(key, cells, assignment, options.seed, jail, kept.selection)
            waiting.setdefault(key, (task, kept))
    usual = Usual(measured)
    tasks = [task for task, _ in waiting.values()]
    tasks.sort(key=lambda task: usual.seconds(_to_grade(task)), reverse=True)
    for task, outcome in _graded(course, tasks, options, seats):
        if isinstance(outcome, Result):
            with stage("storing results"):
                outcome = waiting[task.key][1].result(outcome)
                store.put(outcome)
        for student in owners[task.key]:
            yield student, outcome


def _to_grade(task: Task) -> list[str]:
    """The exercises of a task that have a solution."""
    if isinstance(task.submission, bytes):
        return []
    steps = run_order(task.assignment, task.submission).steps
    written = {step.exercise for step in steps if step.exercise and NOT_WRITTEN not in step.source}
    return [exercise for exercise in sorted(written) if task.selection.has(exercise)]


def _graded(
    course: Course, tasks: Sequence[Task], options: GradingOptions, seats: Seats | None
) -> Iterator[tuple[Task, Result | str]]:
    """Each task as soon as it is graded, here or on a cluster."""
    if not options.cluster:
        return grade_all(tasks, options.jobs, profile=options.profile, seats=seats)
    from autograder.classroom.cluster import grade_on_cluster

    return grade_on_cluster(course, tasks, options.cluster)


def one_outcome(
    course: Course, assignment_name: str, document: bytes, options: GradingOptions = DEFAULT
) -> Result:
    """The stored result of one submitted notebook, or one made now, in this process's own jail.

    Raises:
        SubmissionError: it is no notebook. CourseError, JailUnavailable, GraderFault: not the student's fault.
    """
    assignment, store = load_assignment(course, assignment_name), ResultStore(course.results)
    cells = parse(document)
    stored = store.get(address(assignment, digest(cells), options.seed))
    kept = what_holds(stored, assignment, cells, options.seed, hints_of(assignment))
    if not kept.missing:
        return kept.result()
    place = workplace(JailChoice.of(course, options))
    result = kept.result(place.grade(cells, assignment, options.seed, kept.selection))
    store.put(result)
    return result


@dataclass(frozen=True)
class Kept:
    """What of a stored document holds.

    Attributes:
        stored: the document, or None. scores: ids of the exercises whose score holds. hints: of those, the ids of the
            exercises whose hints hold too. exercises: ids of all exercises, in order.
    """

    stored: Result | None
    scores: frozenset[str]
    hints: frozenset[str]
    exercises: tuple[str, ...]
    assignment: Assignment
    wording: Hints

    @property
    def missing(self) -> frozenset[str]:
        """The exercises whose hidden tests must run."""
        return frozenset(self.exercises) - self.hints

    @property
    def selection(self) -> Selection:
        """What must be graded."""
        return EVERYTHING if not self.hints else Selection(exercises=self.missing)

    def result(self, graded: Result | None = None) -> Result:
        """The whole document: what holds of the stored one, and what was graded for the rest.

        A score that holds is not replaced by the one of a run that was made for hints.
        """
        base = graded or self.stored
        assert base is not None, "something is stored or graded"
        old = {exercise.id: exercise for exercise in self.stored.exercises} if self.stored else {}
        new = {exercise.id: exercise for exercise in graded.exercises} if graded else {}
        exercises: list[ExerciseResult] = []
        keys: dict[str, ExerciseKeys] = {}
        for id in self.exercises:
            if id in self.hints:
                assert self.stored is not None
                exercises.append(self.wording.worded(old[id]))
                keys[id] = self.stored.keys[id]
            elif id in self.scores and self.stored is not None:
                exercises.append(_with_hints(old[id], new.get(id)))
                told = graded.keys[id].hints if graded and id in graded.keys else ""
                keys[id] = ExerciseKeys(score=self.stored.keys[id].score, hints=told)
            elif id in new and graded is not None:
                exercises.append(new[id])
                keys[id] = graded.keys[id]
        notes = dict.fromkeys(base.notes)
        if self.stored is not None and self.scores:
            notes |= dict.fromkeys(self.stored.notes)
        return msgspec.structs.replace(
            base,
            suite_digest=self.assignment.suite_digest,
            exercises=tuple(exercises),
            keys=keys,
            notes=tuple(notes),
        )


def what_holds(
    stored: Result | None, assignment: Assignment, cells: tuple[Cell, ...], seed: int, wording: Hints
) -> Kept:
    """What of a submission's stored document would come out alike now.

    An exercise in which the grader failed is always worth another try.
    """
    scores, hints = set[str](), set[str]()
    exercises = tuple(exercise.id for exercise in assignment.exercises)
    if stored is not None:
        current = score_keys(assignment, run_order(assignment, cells), seed)
        for exercise in stored.exercises:
            keys = stored.keys.get(exercise.id)
            if keys is None or exercise.verdict is Verdict.NOT_GRADABLE or exercise.id not in exercises:
                continue
            if current.hold(exercise.id, keys.score):
                scores.add(exercise.id)
                if wording.hold(exercise, keys.hints):
                    hints.add(exercise.id)
    return Kept(stored, frozenset(scores), frozenset(hints), exercises, assignment, wording)


def _with_hints(kept: ExerciseResult, other: ExerciseResult | None) -> ExerciseResult:
    """An exercise's result with another run's hints, and with none where that run has none."""
    found = {test.name: test for test in other.tests} if other is not None else {}
    tests = []
    for test in kept.tests:
        named = found.get(test.name, test)
        told = named is not test and named.verdict is test.verdict
        tests.append(
            msgspec.structs.replace(
                test, hint=named.hint if told else "", misconception=named.misconception if told else ""
            )
        )
    return msgspec.structs.replace(kept, tests=tuple(tests))
