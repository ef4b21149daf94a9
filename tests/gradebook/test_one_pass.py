"""A submission recorded in one conversion: notebook, grades and comments are those of nbgrader's two."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook

from autograder.course import Course
from autograder.gradebook.grade import decided
from autograder.gradebook.gradebook import read_class, read_grades
from autograder.gradebook.record import Recorder
from autograder.gradebook.submission import parse_notebook
from autograder.grading.result import Result, Verdict
from tests.gradebook.conftest import ASSIGNMENT, NOTEBOOK, api_of, cell_of, hand_in, make_result

Edit = Callable[[nbformat.NotebookNode], None]


def untouched(notebook: nbformat.NotebookNode) -> None:
    """As it was released."""


def written(notebook: nbformat.NotebookNode) -> None:
    cell_of(notebook, "double_solution").source = "def double(x):\n    return 2 * x"
    cell_of(notebook, "written_why").source = "Because."
    notebook.cells.insert(1, new_code_cell("print('mine')", metadata={"collapsed": True}))


def spoilt(notebook: nbformat.NotebookNode) -> None:
    """A grade cell is gone, another is there twice, a locked one is edited, and two cells have one id."""
    notebook.cells.remove(cell_of(notebook, "square"))
    again = json.loads(json.dumps(cell_of(notebook, "double")))
    notebook.cells.append(nbformat.from_dict(again))
    cell_of(notebook, "given_imports").source = "import os"
    notebook.cells[0].id = notebook.cells[2].id


def without_ids(notebook: nbformat.NotebookNode) -> None:
    notebook.nbformat_minor = 4
    for cell in notebook.cells:
        cell.pop("id", None)


FULL, PARTIAL = make_result(double=1.0, square=1.0), make_result(double=0.5, square=0.0)
LOST = make_result(Verdict.NOT_GRADABLE, ("The jail was lost.",))


@pytest.mark.parametrize(
    ("edit", "outcome"),
    [
        (untouched, PARTIAL),
        (written, FULL),
        (written, LOST),
        (written, "the grading process was killed twice on this submission"),
        (spoilt, PARTIAL),
        (without_ids, FULL),
    ],
    ids=["untouched", "written", "lost", "killed", "spoilt", "without ids"],
)
def test_one_conversion_makes_what_two_make(
    course: Course, tmp_path: Path, edit: Edit, outcome: Result | str
) -> None:
    path = hand_in(course, "ada", edit)
    path.with_name("notes.txt").write_text("mine")
    path.with_name("timestamp.txt").write_text("2026-11-20 21:30:00 UTC")
    shutil.copytree(course.root, tmp_path / "stock")
    stock = Course(tmp_path / "stock")
    with decided(ASSIGNMENT, "ada", outcome):
        report = api_of(stock).autograde(ASSIGNMENT, "ada")
    assert report["success"], report
    assert Recorder(course).record(ASSIGNMENT, "ada", outcome) is None
    assert recorded(course) == recorded(stock)


def recorded(course: Course) -> dict[str, Any]:
    """All that recording leaves behind, without the ids that a restored cell is given by chance."""
    folder = course.autograded / "ada" / ASSIGNMENT
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".ipynb"}
    text = (folder / f"{NOTEBOOK}.ipynb").read_text()
    nbformat.validate(nbformat.reads(text, as_version=4))
    notebook = json.loads(text)
    ids = [cell.pop("id") for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    url = f"sqlite:///{course.gradebook}"
    with Gradebook(url) as gradebook:
        submission = gradebook.find_submission(ASSIGNMENT, "ada")
        comments = {comment.name: comment.auto_comment for comment in submission.notebooks[0].comments}
        timestamp = submission.timestamp
    return {
        "notebook": notebook,
        "files": files,
        "grades": read_grades(url, ASSIGNMENT, "ada"),
        "comments": comments,
        "timestamp": timestamp,
    }


def test_a_cell_without_an_id_gets_one_that_no_other_cell_has() -> None:
    def cell(**more: str) -> dict[str, Any]:
        return {"cell_type": "code", "source": "1", "metadata": {}, "outputs": [], **more}

    document = {"cells": [cell(id="cell-1"), cell(), cell(id="cell-1"), cell(id="mine")], "metadata": {}}
    read = parse_notebook(json.dumps({**document, "nbformat": 4, "nbformat_minor": 5}).encode())
    assert [cell.id for cell in read.cells] == ["cell-1", "cell-1-1", "cell-2", "mine"]
    nbformat.validate(read)


def test_a_failure_midway_leaves_no_page_and_no_score(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(course, "ada")
    recorder = Recorder(course)
    assert recorder.record(ASSIGNMENT, "ada", FULL) is None

    def fails(*_: object) -> None:
        raise RuntimeError("a step of nbgrader's")

    monkeypatch.setattr("nbgrader.preprocessors.LimitOutput.preprocess", fails)
    assert recorder.record(ASSIGNMENT, "ada", FULL) is not None
    assert not (course.autograded / "ada" / ASSIGNMENT).exists()
    grades = read_grades(f"sqlite:///{course.gradebook}", ASSIGNMENT, "ada")
    assert all(grades[name].auto is None and grades[name].needs_grader for name in ("double", "square"))


def test_a_class_is_read_as_its_students_are(graded: Course) -> None:
    url = f"sqlite:///{graded.gradebook}"
    everybody = read_class(url, ASSIGNMENT)
    assert everybody.keys() == {"ada", "nil", "zoe", "kim", "eve"}
    with Gradebook(url) as gradebook:
        for student, cells in everybody.items():
            notebooks = gradebook.find_submission(ASSIGNMENT, student).notebooks
            stored = {grade.name: grade for notebook in notebooks for grade in notebook.grades}
            assert cells == read_grades(url, ASSIGNMENT, student) and cells.keys() == stored.keys()
            for name, cell in cells.items():
                grade = stored[name]
                assert (cell.points, cell.auto, cell.manual) == (
                    grade.max_score,
                    grade.auto_score,
                    grade.manual_score,
                )
                assert cell.needs_grader == grade.needs_manual_grade and cell.extra == (
                    grade.extra_credit or 0.0
                )
    assert everybody["ada"]["written_why"].manual == 5.0 and everybody["ada"]["square"].points == 6.0
    assert read_class(url, ASSIGNMENT, ["ada", "nobody"]) == {"ada": everybody["ada"]}
    assert read_class(url, ASSIGNMENT, [f"s{number}" for number in range(1000)]).keys() == everybody.keys()
    assert read_class(url, "ch99") == {} == read_grades(url, ASSIGNMENT, "nobody")


def test_a_recording_waits_for_the_disk_twice(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_in(course, "ada", written)
    recorder = Recorder(course)
    recorder.check(ASSIGNMENT)
    with Gradebook(recorder.db_url) as gradebook:
        borrowed = gradebook.engine.raw_connection()
        connection = borrowed.dbapi_connection
        borrowed.close()
    assert isinstance(connection, sqlite3.Connection)
    said: list[str] = []
    connection.set_trace_callback(said.append)
    assert recorder.record(ASSIGNMENT, "ada", FULL) is None
    commits = [statement for statement in said if statement.strip().upper().startswith("COMMIT")]
    assert len(commits) == 2 and sum("RELEASE" in statement for statement in said) > 5
    assert read_grades(f"sqlite:///{course.gradebook}", ASSIGNMENT, "ada")["square"].auto == 6.0
