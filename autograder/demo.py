"""`make demo`: an invented class hands in ch05, the jail grades it, and every grade is compared with what it must be.

Ends with the grade table and the paths of gradebook and feedback; exit code 1 if any grade is not the expected one.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

import nbformat
from rich.console import Console
from rich.table import Table
from rich.text import Text

import autograder
from autograder.cli import explain
from autograder.course import Course, CourseError
from autograder.demo_class import FULL, PART, ZERO, Student, the_class
from autograder.grade_command import run_grade
from autograder.grading.run import grade_one
from autograder.nbgrader.gradebook import CellGrade
from autograder.nbgrader.record import Recorder

ASSIGNMENT = "ch05"
PROJECT = Path(autograder.__file__).parent.parent
MARKER = ".made-by-the-demo"


def main(argv: list[str] | None = None) -> int:
    """Run the demo; 0 where every grade came out as expected."""
    options = argparse.ArgumentParser(prog="make demo", description=__doc__)
    options.add_argument("folder", nargs="?", default="demo", type=Path, help="where the course is made")
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options.add_argument("--backend", default="", help="the jail backend")
    given = options.parse_args(argv)
    out = Console(highlight=False)
    try:
        return run(given.folder, jobs=given.jobs, backend=given.backend, out=out)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        Console(stderr=True, highlight=False).print(f"error {explain(error)}", markup=False, soft_wrap=True)
        return 1


def run(folder: Path, *, jobs: int, backend: str = "", out: Console) -> int:
    """Make the course, grade it, compare; 0 where every grade came out as expected."""
    begun = time.monotonic()
    course = make_course(folder)
    recorder = Recorder(course)
    out.print(f"course: {course.root}; releasing {ASSIGNMENT}", markup=False, soft_wrap=True)
    _succeed(recorder.api.generate_assignment(ASSIGNMENT), "generate_assignment")

    students = the_class()
    for student in students:
        hand_in(course, student)
    run_grade(course, ASSIGNMENT, jobs=jobs, backend=backend, out=out)
    _succeed(recorder.api.generate_feedback(ASSIGNMENT), "generate_feedback")

    wrong = 0
    table = Table(title="expected and got, exercises checked by machine", title_justify="left")
    for column in ("student", "handed in", "expected", "got", ""):
        table.add_column(column, overflow="fold")
    for student in students:
        grades = recorder.grades(ASSIGNMENT, student.id)
        problems = differences(student, grades) + undiagnosed(course, student)
        wrong += bool(problems)
        table.add_row(
            Text(student.id),
            Text(student.story),
            Text(_expectation(student)),
            Text(_outcome(grades)),
            Text("; ".join(problems), style="red") if problems else Text("as expected", style="green"),
        )
    out.print(table)
    out.print(f"gradebook: {course.gradebook}", markup=False, soft_wrap=True)
    page = next((course.feedback / students[2].id / ASSIGNMENT).glob("*.html"), None)
    out.print(f"feedback:  {course.feedback} (such as {page})", markup=False, soft_wrap=True)
    seconds = f"{time.monotonic() - begun:.0f} s"
    if wrong:
        out.print(
            f"{wrong} of {len(students)} students did not get the expected grades; {seconds}", style="red"
        )
    else:
        out.print(f"every grade is the expected one; {seconds}", style="green")
    return 1 if wrong else 0


def make_course(folder: Path) -> Course:
    """A fresh course with the project's ch05 in it. CourseError where ``folder`` holds something that is not ours."""
    course = Course(folder)
    if course.root.exists() and any(course.root.iterdir()):
        if not (course.root / MARKER).exists():
            raise CourseError(f"{course.root} exists and is not a demo's: name another folder, or remove it")
        shutil.rmtree(course.root)
    course.root.mkdir(parents=True, exist_ok=True)
    (course.root / MARKER).touch()
    source = PROJECT / "source" / ASSIGNMENT
    if not source.is_dir():
        raise CourseError(f"{source} is missing: make it with `make notebooks`")
    shutil.copytree(source, course.source / ASSIGNMENT, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    shutil.copy(PROJECT / "nbgrader_config.py", course.root)
    return course


def hand_in(course: Course, student: Student) -> None:
    """Put the student's notebook into submitted/."""
    name = course.notebooks(ASSIGNMENT)[0]
    folder = course.submission_folder(student.id, ASSIGNMENT)
    folder.mkdir(parents=True)
    path = folder / f"{name}.ipynb"
    if student.document is not None:
        path.write_bytes(student.document)
        return
    origin = course.source if student.base == "solved" else course.release
    notebook = nbformat.read(origin / ASSIGNMENT / path.name, as_version=4)
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


def undiagnosed(course: Course, student: Student) -> list[str]:
    """Misconceptions of the student's that the feedback does not name, one phrase each."""
    if not student.believes:
        return []
    result = grade_one(course, ASSIGNMENT, student.id)  # from the store
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
    below = ", ".join(
        f"{name} {'0' if kind == ZERO else 'below full'}" for name, kind in student.expected.items()
    )
    return f"full but {below}" if below else "full"


def _outcome(grades: dict[str, CellGrade]) -> str:
    machine = [grade for name, grade in grades.items() if not name.startswith("written_")]
    if all(grade.auto is None for grade in machine):
        return "no score"
    below = [f"{g.name} {g.auto or 0:g}/{g.points:g}" for g in machine if (g.auto or 0) < g.points]
    total = f"{sum(g.auto or 0 for g in machine):g}/{sum(g.points for g in machine):g}"
    return total if not below or len(below) == len(machine) else f"{total}: {', '.join(below)}"


def _succeed(report: dict[str, object], step: str) -> None:
    if not report["success"]:
        lines = str(report.get("error", "")).strip().splitlines()
        raise CourseError(f"nbgrader {step} failed: {lines[-1] if lines else 'no reason given'}")


if __name__ == "__main__":
    sys.exit(main())
