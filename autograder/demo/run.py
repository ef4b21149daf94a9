"""The demo's course: made from this project's assignments, handed in, graded in the jail, and compared."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import nbformat
from rich.console import Console
from rich.table import Table
from rich.text import Text

import autograder
from autograder.classroom.options import GradingOptions
from autograder.classroom.outcomes import class_outcomes
from autograder.cli.grade import run_grade
from autograder.course import Course, CourseError
from autograder.demo.students import FULL, PART, ZERO, Student
from autograder.gradebook.gradebook import CellGrade
from autograder.gradebook.record import Recorder

PROJECT = Path(autograder.__file__).parent.parent
MARKER = ".made-by-the-demo"


def run(
    folder: Path, classes: Mapping[str, Sequence[Student]], *, jobs: int, backend: str = "", out: Console
) -> int:
    """Make the course, grade every class, compare; the number of students whose grades were not the expected ones.

    Args:
        classes: who hands in, by assignment.
    """
    begun = time.monotonic()
    course = make_course(folder, classes)
    recorder = Recorder(course)
    out.print(f"course: {course.root}", markup=False, soft_wrap=True)
    wrong = sum(_grade(course, recorder, name, classes[name], jobs, backend, out) for name in classes)
    out.print(f"gradebook: {course.gradebook}", markup=False, soft_wrap=True)
    name, students = next(iter(classes.items()))
    page = next((course.feedback / students[2].id / name).glob("*.html"), None)
    out.print(f"feedback:  {course.feedback} (such as {page})", markup=False, soft_wrap=True)
    seconds = f"{time.monotonic() - begun:.0f} s"
    if wrong:
        count = sum(map(len, classes.values()))
        out.print(f"{wrong} of {count} submissions did not get the expected grades; {seconds}", style="red")
    else:
        out.print(f"every grade is the expected one; {seconds}", style="green")
    return wrong


def _grade(
    course: Course,
    recorder: Recorder,
    assignment: str,
    students: Sequence[Student],
    jobs: int,
    backend: str,
    out: Console,
) -> int:
    """Release, hand in, grade, give feedback and compare one assignment; how many grades are wrong."""
    out.print(f"releasing {assignment}", markup=False)
    _succeed(recorder.api.generate_assignment(assignment), "generate_assignment")
    for student in students:
        hand_in(course, assignment, student)
    run_grade(course, assignment, GradingOptions(jobs=jobs, backend=backend), out=out)
    _succeed(recorder.api.generate_feedback(assignment), "generate_feedback")

    wrong = 0
    table = Table(title=f"{assignment}: expected and got, exercises checked by machine", title_justify="left")
    for column in ("student", "handed in", "expected", "got", ""):
        table.add_column(column, overflow="fold", no_wrap=column == "got")
    for student in students:
        grades = recorder.grades(assignment, student.id)
        problems = differences(student, grades) + undiagnosed(course, assignment, student)
        wrong += bool(problems)
        table.add_row(
            Text(student.id),
            Text(student.story),
            Text(_expectation(student)),
            Text(_outcome(grades)),
            Text("; ".join(problems), style="red") if problems else Text("as expected", style="green"),
        )
    out.print(table)
    return wrong


def make_course(folder: Path, assignments: Iterable[str]) -> Course:
    """A fresh course with these of the project's assignments.

    Raises:
        CourseError: ``folder`` holds something that is not ours, or an assignment is not there.
    """
    course = Course(folder)
    if course.root.exists() and any(course.root.iterdir()):
        if not (course.root / MARKER).exists():
            raise CourseError(f"{course.root} exists and is not a demo's: name another folder, or remove it")
        shutil.rmtree(course.root)
    course.root.mkdir(parents=True, exist_ok=True)
    (course.root / MARKER).touch()
    for assignment in assignments:
        source = PROJECT / "source" / assignment
        if not source.is_dir():
            raise CourseError(f"{source} is missing: make it with `make notebooks`")
        ignored = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(source, course.source / assignment, ignore=ignored)
    shutil.copy(PROJECT / "nbgrader_config.py", course.root)
    return course


def hand_in(course: Course, assignment: str, student: Student) -> None:
    """Put the student's notebook into submitted/."""
    name = course.notebooks(assignment)[0]
    folder = course.submission_folder(student.id, assignment)
    folder.mkdir(parents=True)
    path = folder / f"{name}.ipynb"
    if student.document is not None:
        path.write_bytes(student.document)
        return
    origin = course.source if student.base == "solved" else course.release
    notebook = nbformat.read(origin / assignment / path.name, as_version=4)
    cells = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in notebook.cells}
    for exercise, source in student.cells.items():
        cells[f"{exercise}_solution"].source = source
    for exercise, source in student.before.items():
        cells[f"{exercise}_solution"].source = f"{source}\n{cells[f'{exercise}_solution'].source}"
    nbformat.write(notebook, path)


def differences(student: Student, grades: dict[str, CellGrade]) -> list[str]:
    """How the recorded grades differ from the expected ones, one phrase each."""
    machine = {name: grade for name, grade in grades.items() if not name.startswith("written_")}
    if student.ungradable:
        scored = [name for name, grade in machine.items() if grade.auto is not None or not grade.needs_grader]
        return [f"{name} has a score" for name in scored]
    found = []
    for name, grade in machine.items():
        want = ZERO if student.base == "skeleton" else student.expected.get(name, FULL)
        score = grade.auto
        right = (
            score is not None
            and {
                FULL: score == grade.points,
                ZERO: score == 0,
                PART: score < grade.points,
            }[want]
        )
        if not right:
            found.append(
                f"{name}: {'no score' if score is None else f'{score:g}/{grade.points:g}'}, not {want}"
            )
    return found


def undiagnosed(course: Course, assignment: str, student: Student) -> list[str]:
    """Misconceptions of the student's that the feedback does not name, one phrase each."""
    if not student.believes:
        return []
    ((_, result),) = class_outcomes(course, assignment, [student.id])  # from the store
    if isinstance(result, str):
        return [result]
    named = {exercise.id: {test.misconception for test in exercise.tests} for exercise in result.exercises}
    return [
        f"{name} is not recognised"
        for exercise, name in student.believes.items()
        if name not in named[exercise]
    ]


def _expectation(student: Student) -> str:
    if student.ungradable:
        return "no score, waits for a grader"
    if student.base == "skeleton":
        return "0"
    zeros = sum(kind == ZERO for kind in student.expected.values())
    below = len(student.expected) - zeros
    exceptions = [f"{below} below full"] * (below > 0) + [f"{zeros} at 0"] * (zeros > 0)
    return ", ".join(["full", *exceptions])


def _outcome(grades: dict[str, CellGrade]) -> str:
    machine = [grade for name, grade in grades.items() if not name.startswith("written_")]
    if all(grade.auto is None for grade in machine):
        return "no score"
    below = [f"{g.name} {g.auto or 0:.3g}/{g.points:g}" for g in machine if (g.auto or 0) < g.points]
    total = f"{sum(g.auto or 0 for g in machine):.4g}/{sum(g.points for g in machine):g}"
    return total if not below or len(below) == len(machine) else "\n".join([total, *below])


def _succeed(report: dict[str, object], step: str) -> None:
    if not report["success"]:
        lines = str(report.get("error", "")).strip().splitlines()
        raise CourseError(f"nbgrader {step} failed: {lines[-1] if lines else 'no reason given'}")
