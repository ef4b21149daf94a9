"""An exercise that is added, revalued or removed while a class is at work: grades and release stay, and it is said."""

from __future__ import annotations

import io
import logging

import msgspec
import nbformat
import pytest
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from rich.console import Console

from autograder.classroom.grade_class import ClassReport, Row
from autograder.classroom.options import GradingOptions
from autograder.cli.grade import run_grade
from autograder.course import Course
from autograder.gradebook.changed import Changes, changes_of
from autograder.gradebook.record import Recorder
from autograder.grading.result import Result
from tests.gradebook.conftest import ASSIGNMENT, NOTEBOOK, Submit, by_hand, cell_of, make_result, marks

Results = dict[str, Result | Exception]


@pytest.fixture
def graded(course: Course, api: NbGraderAPI, submit: Submit, results: Results) -> Course:
    """Two submissions, graded by the jail and by hand."""
    for student in ("ada", "zoe"):
        submit(student, lambda notebook: notebook.cells[-1].update(source="Because."))
        results[student] = make_result(double=0.5, square=1.0)
        assert api.autograde(ASSIGNMENT, student)["success"]
    by_hand(course, "ada", written_why=3.0)
    return course


def edit_source(course: Course, *, add: bool = False, points: int = 4, without: str = "") -> None:
    path = course.source_notebook(ASSIGNMENT, NOTEBOOK)
    notebook = nbformat.read(path, as_version=4)
    cell_of(notebook, "double").metadata["nbgrader"]["points"] = points
    if add:
        place = notebook.cells.index(cell_of(notebook, "square")) + 1
        solution = "def cube(x):\n    ### BEGIN SOLUTION\n    return 'SECRET ANSWER'\n    ### END SOLUTION\n"
        notebook.cells[place:place] = [
            new_code_cell(solution, metadata=marks("cube_solution", solution=True)),
            new_code_cell("check('cube')", metadata=marks("cube", grade=True, locked=True, points=3)),
        ]
    if without:
        notebook.cells = [c for c in notebook.cells if not c.metadata.nbgrader.grade_id.startswith(without)]
    nbformat.write(notebook, path)


def url(course: Course) -> str:
    return Recorder(course).db_url


def released(course: Course) -> set[str]:
    notebook = nbformat.read(course.release / ASSIGNMENT / f"{NOTEBOOK}.ipynb", as_version=4)
    return {cell.metadata.nbgrader.grade_id for cell in notebook.cells}


def test_nothing_changed_is_nothing_to_say(graded: Course) -> None:
    assert changes_of(graded, ASSIGNMENT, url(graded)).lines(ASSIGNMENT) == []
    assert changes_of(graded, "unknown", url(graded)) == Changes({}, {}, {})


def test_an_added_exercise_gets_its_place_and_every_grade_is_kept(
    graded: Course, api: NbGraderAPI, submit: Submit, results: Results, caplog: pytest.LogCaptureFixture
) -> None:
    edit_source(graded, add=True)
    (line,) = changes_of(graded, ASSIGNMENT, url(graded)).lines(ASSIGNMENT)
    assert "source/ has what the gradebook has not: `cube` (3 points)" in line
    assert f"`nbgrader generate_assignment {ASSIGNMENT} --force`" in line
    before = {student: Recorder(graded).grades(ASSIGNMENT, student) for student in ("ada", "zoe")}

    report = api.generate_assignment(ASSIGNMENT, force=True)
    assert report["success"], report
    assert "Added to toy_lines, and to the grades of its 2 submissions: `cube` (3 points)" in report["log"]
    assert changes_of(graded, ASSIGNMENT, url(graded)).lines(ASSIGNMENT) == []
    assert {"cube", "cube_solution"} <= released(graded)
    for student, old in before.items():
        now = Recorder(graded).grades(ASSIGNMENT, student)
        assert {name: now[name] for name in old} == old
        assert now["cube"].score is None and now["cube"].needs_grader and now["cube"].points == 3

    # The new exercise is graded with the others from here on, also for who hands in for the first time.
    extra = make_result(double=1.0).exercises[0]
    result = make_result(double=0.5, square=1.0)
    cube = msgspec.structs.replace(extra, id="cube", points=3.0)
    for student in ("ada", "new"):
        results[student] = msgspec.structs.replace(result, exercises=(*result.exercises, cube))
    submit("new")
    for student in ("ada", "new"):
        assert api.autograde(ASSIGNMENT, student)["success"]
        assert Recorder(graded).grades(ASSIGNMENT, student)["cube"].score == 3
    assert Recorder(graded).grades(ASSIGNMENT, "ada")["written_why"].score == 3
    assert api.generate_feedback(ASSIGNMENT, "ada")["success"]


def test_points_that_change_are_said_and_taken(graded: Course, api: NbGraderAPI) -> None:
    edit_source(graded, points=8)
    (line,) = changes_of(graded, ASSIGNMENT, url(graded)).lines(ASSIGNMENT)
    assert "points in the gradebook and in source/ differ: `double` 4 and 8" in line
    report = api.generate_assignment(ASSIGNMENT, force=True)
    assert report["success"] and "Points of toy_lines change: `double` from 4 to 8" in report["log"]
    assert Recorder(graded).grades(ASSIGNMENT, "ada")["double"].points == 8


def test_a_removed_exercise_keeps_its_grades_and_is_named(graded: Course, api: NbGraderAPI) -> None:
    edit_source(graded, without="square")
    before = Recorder(graded).grades(ASSIGNMENT, "ada")
    report = api.generate_assignment(ASSIGNMENT, force=True)
    assert report["success"], report
    assert "No longer in toy_lines: `square` (6 points)" in report["log"]
    assert "square" not in released(graded)
    assert Recorder(graded).grades(ASSIGNMENT, "ada") == before
    (line,) = changes_of(graded, ASSIGNMENT, url(graded)).lines(ASSIGNMENT)
    assert "the gradebook has what source/ no longer has: `square` (6 points)" in line


def test_a_given_cell_that_is_gone_is_forgotten(graded: Course, api: NbGraderAPI) -> None:
    edit_source(graded, without="demo_plot")
    assert api.generate_assignment(ASSIGNMENT, force=True)["success"]
    with Gradebook(url(graded)) as gradebook:
        names = {cell.name for cell in gradebook.find_notebook(NOTEBOOK, ASSIGNMENT).source_cells}
    assert "demo_plot" not in names and {"double", "double_solution", "given_imports"} <= names


def test_the_command_says_what_differs_and_which_names_look_alike(
    graded: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit_source(graded, add=True)
    students = ["ada", "Jose\u0301", "Jos\u00e9"]
    rows = [Row(student, 10.0, 10.0, {}, ()) for student in students]
    report = ClassReport(ASSIGNMENT, rows, graded.gradebook)
    monkeypatch.setattr("autograder.cli.grade.grade_class", lambda *_, **__: report)
    out = Console(file=io.StringIO(), width=200)
    run_grade(graded, ASSIGNMENT, GradingOptions(), out=out)
    said = out.file.getvalue()  # type: ignore[attr-defined]
    assert "source/ has what the gradebook has not: `cube` (3 points)" in said
    assert "Jose\u0301 [decomposed] and Jos\u00e9 [composed] look alike and are different names" in said
    table = said.partition("look alike")[0]
    assert table.count("Jos\u00e9 [composed]") == 2 and "ada [" not in said


def test_without_submissions_everything_is_as_nbgrader_has_it(course: Course, api: NbGraderAPI) -> None:
    edit_source(course, add=True, without="square")
    logging.getLogger("traitlets").setLevel(logging.WARNING)
    assert api.generate_assignment(ASSIGNMENT, force=True)["success"]
    assert changes_of(course, ASSIGNMENT, url(course)) == Changes({}, {}, {})
