"""Formgrader shows question, model answer and marks beside a written answer; no page of a student's has them."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbgrader.apps import NbGraderAPI
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import Config

from autograder.course import Course
from autograder.gradebook.config import configure
from autograder.gradebook.written import AnswerKey, answer_key
from autograder.grading.result import Result
from tests.gradebook.conftest import ASSIGNMENT, NOTEBOOK, Submit, cell_of, make_result

Results = dict[str, Result | Exception]
ROOT = Path(__file__).parents[2]
KEY = "### BEGIN SOLUTION\n**Model answer.** SECRET: $a < b$.\n\n**Marks.**\n- 2 for SECRET\n### END SOLUTION"
QUESTION = "### Question 1: order (5 points)\n\nWhy is $a$ smaller?"


@pytest.fixture
def keyed(course: Course) -> Course:
    """The course, whose source has a question before the answer cell and a key in it."""
    path = course.source_notebook(ASSIGNMENT, NOTEBOOK)
    notebook = nbformat.read(path, as_version=4)
    answer = cell_of(notebook, "written_why")
    answer.source = KEY
    notebook.cells.insert(notebook.cells.index(answer), nbformat.v4.new_markdown_cell(QUESTION))
    nbformat.write(notebook, path)
    return course


@pytest.fixture
def graded(keyed: Course, api: NbGraderAPI, submit: Submit, results: Results) -> Course:
    def answer(notebook: nbformat.NotebookNode) -> None:
        cell_of(notebook, "written_why").source = "Because of *mine*.<script>alert(1)</script></div></aside>"

    submit("ada", answer)
    results["ada"] = make_result(double=1.0, square=1.0)
    assert api.autograde(ASSIGNMENT, "ada")["success"]
    return keyed


def formgrader(course: Course) -> str:
    """A submission as formgrader's handler makes its page."""
    config = Config()
    configure(config, course.root)
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    resources = {
        "assignment_id": ASSIGNMENT,
        "notebook_id": NOTEBOOK,
        "submission_id": "4f",
        "index": 0,
        "total": 1,
        "base_url": "",
        "student": "ada",
        "last_name": "Lovelace",
        "first_name": "Ada",
        "notebook_path": "x",
    }
    path = course.autograded / "ada" / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
    html, _ = HTMLExporter(config=config).from_filename(str(path), resources=resources)
    return str(html)


def test_formgrader_shows_the_key_beside_the_answer(graded: Course) -> None:
    html = formgrader(graded)
    answer = html[html.index("Because of <em>mine</em>") :]
    shown = answer[: answer.index("</aside>")]
    for words in ("Why is $a$ smaller?", "For the grader", "SECRET: $a &lt; b$", "2 for SECRET"):
        assert words in shown, words
    assert html.count("<aside") == 1 and "alert(1)</script>" not in html
    assert "BEGIN SOLUTION" not in html


def test_the_key_is_that_of_the_source_as_it_is_now(graded: Course) -> None:
    path = graded.source_notebook(ASSIGNMENT, NOTEBOOK)
    path.write_text(path.read_text().replace("2 for SECRET", "3 for SECRET"))
    assert "3 for SECRET" in formgrader(graded)
    path.write_text("{")
    assert "<aside" not in formgrader(graded) and "Because of <em>mine</em>" in formgrader(graded)


def test_nothing_that_a_student_gets_has_the_key(graded: Course, api: NbGraderAPI) -> None:
    assert api.generate_feedback(ASSIGNMENT, force=True)["success"]
    assert (
        api.generate_assignment(ASSIGNMENT, force=True)["success"] or (graded.release / ASSIGNMENT).exists()
    )
    folders = (graded.release, graded.feedback, graded.autograded, graded.submitted)
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert len(files) >= 6
    for path in files:
        assert b"SECRET" not in path.read_bytes(), path


def test_every_written_question_of_the_assignments_has_a_key() -> None:
    found = 0
    for source in sorted(ROOT.glob("source/*/*.ipynb")):
        for cell in json.loads(source.read_text())["cells"]:
            marks = cell["metadata"].get("nbgrader", {})
            if marks.get("grade") and marks.get("solution"):
                key = answer_key(source, marks["grade_id"])
                assert key is not None and "**Marks.**" in key.key and "**Model answer.**" in key.key
                assert "points)" in key.question and "SOLUTION" not in key.key + key.question
                found += 1
    assert found >= 18


def test_the_question_may_stand_in_the_cell_itself(tmp_path: Path) -> None:
    text = "Why?\n\n=== BEGIN MARK SCHEME ===\n2 for because\n=== END MARK SCHEME ==="
    cell = {"cell_type": "markdown", "metadata": {"nbgrader": {"grade_id": "why"}}, "source": [text]}
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": [cell]}))
    assert answer_key(path, "why") == AnswerKey("Why?", "2 for because")
    assert answer_key(path, "other") is None
    assert answer_key(tmp_path / "none.ipynb", "why") is None
