"""What the report is made of: the gradebook's grades, the stored results, and the submissions' solution cells."""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Course, SubmissionError
from autograder.course.deadlines import read_deadlines
from autograder.course.untrusted import clean
from autograder.gradebook.cells import marked_cells
from autograder.gradebook.export import GRADED, NOT_HANDED_IN, WAITS, Line
from autograder.gradebook.intake import intake_notes
from autograder.gradebook.table import read_table
from autograder.grading.parse_notebook import Cell, digest, parse
from autograder.grading.result import Result, Verdict, decode
from autograder.report.alike import Lead, Sources, leads
from autograder.report.statistics import Difficulty, Distribution, difficulties, distribution

ORDINARY = (Verdict.PASSED, Verdict.FAILED)
_HEAD = 4000
"""Bytes at the beginning of a stored result in which its assignment is named."""


@dataclass(frozen=True)
class Belief:
    """A misconception that the grader named in somebody's exercise."""

    exercise: str
    name: str
    hint: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class Look:
    """An exercise of one student's with a verdict that a person should look at."""

    student: str
    exercise: str
    verdict: str
    said: str


@dataclass(frozen=True)
class Report:
    """Everything that the page shows; students by id."""

    assignment: str
    due: str
    names: dict[str, str]
    """What a student is called, by id."""
    lines: tuple[Line, ...]
    scores: Distribution | None
    exercises: tuple[Difficulty, ...]
    beliefs: tuple[Belief, ...]
    looks: tuple[Look, ...]
    notes: tuple[tuple[str, str], ...]
    """What was odd in a submission, with its student."""
    without_result: tuple[str, ...]
    """Who has handed in, and no stored result belongs to what lies there now."""
    leads: tuple[Lead, ...]
    solutions: dict[str, Sources]
    skeleton: Sources

    def of(self, status: str) -> list[Line]:
        """The lines of one status."""
        return [line for line in self.lines if line.status == status]

    @property
    def late(self) -> list[Line]:
        return [line for line in self.lines if line.values.get("days_late")]

    def summary(self) -> str:
        """One line for the terminal."""
        counts = ", ".join(f"{len(self.of(status))} {status}" for status in (GRADED, WAITS, NOT_HANDED_IN))
        return f"{len(self.lines)} students: {counts}; {len(self.late)} late, {len(self.leads)} pairs alike"


def gather(course: Course, assignment: str) -> Report:
    """Read everything once.

    Raises:
        CourseError: the gradebook, the deadlines or the assignment cannot be used.
    """
    (notebook, *_) = course.notebooks(assignment)
    table = read_table(course, [assignment], [])
    deadlines = read_deadlines(course)
    skeleton = {
        cell.grade_id: cell.source
        for cell in marked_cells(course.release / assignment)
        if cell.marks.get("solution") and not cell.marks.get("grade")
    }
    submissions = _submissions(course, assignment, notebook, [line.student for line in table.lines])
    stored = stored_results(course.results, assignment)
    results = {
        student: stored[key] for student, cells in submissions.items() if (key := digest(cells)) in stored
    }
    solutions: dict[str, Sources] = {
        student: {
            cell.grade_id: cell.source
            for cell in cells
            if cell.grade_id in skeleton and cell.kind == "code" and cell.grade_id is not None
        }
        for student, cells in submissions.items()
    }
    final = [line.final for line in table.lines if line.final is not None]
    waiting = [line.values["score_so_far"] for line in table.lines if _is_open(line)]
    most = float(table.lines[0].values["max_score"]) if table.lines else 0.0
    return Report(
        assignment=assignment,
        due=deadlines.due(assignment),
        names={line.student: _name(line) for line in table.lines},
        lines=table.lines,
        scores=distribution(final, waiting, most),
        exercises=tuple(
            difficulties([line.exercises for line in table.lines], _ordered(table.lines, table.points))
        ),
        beliefs=beliefs_of(results),
        looks=looks_of(results),
        notes=tuple(
            (student, clean(note, 300))
            for student in submissions
            for note in (*intake_notes(course, assignment, student), *_notes(results.get(student)))
        ),
        without_result=tuple(student for student in submissions if student not in results),
        leads=tuple(leads(solutions, skeleton)),
        solutions=solutions,
        skeleton=skeleton,
    )


def stored_results(store: Path, assignment: str) -> dict[str, Result]:
    """The newest stored result of each submission of an assignment, by the submission's digest."""
    named = f'"assignment": {json.dumps(assignment, ensure_ascii=False)}'.encode()
    found: dict[str, tuple[float, Result]] = {}
    for path in store.glob("*/*.json"):
        with contextlib.suppress(
            OSError, ValueError
        ):  # a damaged document is made again when the class is graded
            document = path.read_bytes()
            if named not in document[:_HEAD]:
                continue
            result, made = decode(document), path.stat().st_mtime
            before = found.get(result.submission_digest)
            if before is None or made > before[0]:
                found[result.submission_digest] = made, result
    return {key: result for key, (_, result) in found.items()}


def beliefs_of(results: dict[str, Result]) -> tuple[Belief, ...]:
    """The misconceptions of the class, the most frequent first."""
    who: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    hints: dict[tuple[str, str], str] = {}
    for student, result in results.items():
        for exercise in result.exercises:
            for test in exercise.tests:
                if test.misconception:
                    key = exercise.id, test.misconception
                    who[key][student] = None
                    hints[key] = test.hint or hints.get(key, "")
    made = (Belief(*key, hints[key], tuple(students)) for key, students in who.items())
    return tuple(sorted(made, key=lambda one: (-len(one.students), one.exercise, one.name)))


def looks_of(results: dict[str, Result]) -> tuple[Look, ...]:
    """Exercises that ended in another way than passed or failed, and submissions that nobody could grade."""
    looks = []
    for student, result in results.items():
        if result.verdict is not Verdict.PASSED:
            looks.append(
                Look(student, "everything", result.verdict.value, clean(" ".join(result.notes), 300))
            )
        for one in result.exercises:
            own = [one.verdict, *(test.verdict for test in one.tests if test.ran)]
            typed = next((verdict for verdict in own if verdict not in ORDINARY), None)
            if typed is not None:
                said = (
                    one.fault or one.message or next((t.message for t in one.tests if t.verdict is typed), "")
                )
                looks.append(Look(student, one.id, typed.value, clean(said, 300)))
    return tuple(looks)


def _submissions(
    course: Course, assignment: str, notebook: str, students: Iterable[str]
) -> dict[str, tuple[Cell, ...]]:
    found = {}
    for student in students:
        with contextlib.suppress(SubmissionError, OSError):
            found[student] = parse(course.submission(student, assignment, notebook))
    return found


def _notes(result: Result | None) -> tuple[str, ...]:
    return () if result is None else result.notes


def _is_open(line: Line) -> bool:
    return line.final is None and line.values.get("score_so_far") is not None


def _ordered(lines: tuple[Line, ...], points: dict[str, float]) -> dict[str, float]:
    order = list(lines[0].exercises) if lines else []
    return {name: points[name] for name in order if name in points}


def _name(line: Line) -> str:
    full = f"{line.text('first_name')} {line.text('last_name')}".strip()
    return f"{full} ({line.student})" if full else line.student
