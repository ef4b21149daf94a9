"""The plug-in alone, the jail's results given: what reaches the gradebook, the notebook and the feedback."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbgrader.apps import NbGraderAPI

from autograder.course import Course
from autograder.gradebook.gradebook import CellGrade, read_grades
from autograder.grading.result import Result, Verdict
from tests.gradebook.conftest import ASSIGNMENT, NOTEBOOK, Submit, cell_of, make_result

Results = dict[str, Result | Exception]
Edit = Callable[[nbformat.NotebookNode], None]


def grade(api: NbGraderAPI, student: str) -> dict[str, CellGrade]:
    report = api.autograde(ASSIGNMENT, student)
    assert report["success"], report
    return read_grades(api.coursedir.db_url, ASSIGNMENT, student)


def test_scores_are_the_results(course: Course, api: NbGraderAPI, submit: Submit, results: Results) -> None:
    submit("ada")
    results["ada"] = make_result(double=1.0, square=0.25)
    grades = grade(api, "ada")
    assert grades["double"].auto == 4.0 and not grades["double"].needs_grader
    assert grades["square"].auto == 1.5
    notebook = nbformat.read(course.autograded / "ada" / ASSIGNMENT / f"{NOTEBOOK}.ipynb", as_version=4)
    kinds = [output.output_type for output in cell_of(notebook, "square").outputs]
    assert kinds == ["stream", "execute_result"]
    assert cell_of(notebook, "demo_plot").outputs == []


def test_no_kernel_is_started(
    api: NbGraderAPI, submit: Submit, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a kernel was started")

    monkeypatch.setattr("nbclient.client.NotebookClient.async_start_new_kernel", refuse)
    submit("ada")
    results["ada"] = make_result(double=1.0, square=1.0)
    assert grade(api, "ada")["square"].auto == 6.0


@pytest.mark.parametrize("student", ["anna maria", "Zoë Ωmega", "李雷", "o'hara", "x+y@z.edu"])
def test_unusual_student_ids(api: NbGraderAPI, submit: Submit, results: Results, student: str) -> None:
    import glob

    submit(student)
    results[student] = make_result(double=1.0, square=1.0)
    report = api.autograde(ASSIGNMENT, glob.escape(student))
    assert report["success"], report
    assert read_grades(api.coursedir.db_url, ASSIGNMENT, student)["double"].auto == 4.0


@pytest.mark.parametrize(
    "later",
    [RuntimeError("the jail did not start"), make_result(Verdict.NOT_GRADABLE, ("The jail was lost.",))],
    ids=["grader fails", "not gradable"],
)
def test_failed_regrade_leaves_no_old_score(
    course: Course, api: NbGraderAPI, submit: Submit, results: Results, later: Result | Exception
) -> None:
    submit("ada")
    results["ada"] = make_result(double=1.0, square=1.0)
    assert grade(api, "ada")["double"].auto == 4.0
    results["ada"] = later
    grades = grade(api, "ada")
    for name in ("double", "square"):
        assert grades[name].auto is None and grades[name].needs_grader
    notebook = nbformat.read(course.autograded / "ada" / ASSIGNMENT / f"{NOTEBOOK}.ipynb", as_version=4)
    assert "not graded yet" in cell_of(notebook, "double").outputs[0].text


def test_a_failure_inside_nbgrader_leaves_no_old_score(
    course: Course, api: NbGraderAPI, submit: Submit, results: Results
) -> None:
    submit("ada")
    results["ada"] = make_result(double=1.0, square=1.0)
    grade(api, "ada")
    (course.submission_folder("ada", ASSIGNMENT) / "timestamp.txt").write_text("no date at all")
    assert not api.autograde(ASSIGNMENT, "ada")["success"]
    grades = read_grades(api.coursedir.db_url, ASSIGNMENT, "ada")
    assert grades["double"].auto is None and grades["double"].needs_grader


def test_manual_scores_survive_a_regrade(api: NbGraderAPI, submit: Submit, results: Results) -> None:
    submit("ada")
    results["ada"] = make_result(double=0.0, square=1.0)
    grade(api, "ada")
    with api.gradebook as gradebook:
        gradebook.find_grade("double", NOTEBOOK, ASSIGNMENT, "ada").manual_score = 3.0
        gradebook.db.commit()
    grades = grade(api, "ada")
    assert grades["double"].manual == 3.0 and grades["double"].auto == 0.0


BROKEN = {
    "empty": b"",
    "not JSON": b"{nonsense",
    "not UTF-8": b"\xff\xfe\x00",
    "JSON, no notebook": b"[1, 2]",
    "deeply nested": b"[" * 200_000,
    "cells are a number": json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 7}
    ).encode(),
    "no cells": json.dumps({"nbformat": 3, "worksheets": []}).encode(),
}


@pytest.mark.parametrize("document", BROKEN.values(), ids=BROKEN.keys())
def test_unreadable_notebook_is_queued_and_named(
    course: Course, api: NbGraderAPI, submit: Submit, results: Results, document: bytes
) -> None:
    from autograder.gradebook.submission import parse_notebook

    path = submit("ada")
    results["ada"] = make_result(double=1.0, square=1.0)
    grade(api, "ada")
    path.write_bytes(document)
    with pytest.raises(Exception) as caught:
        parse_notebook(document)
    results["ada"] = make_result(Verdict.NOT_GRADABLE, (str(caught.value),))
    grades = grade(api, "ada")
    assert {g.auto for g in grades.values() if g.name != "written_why"} == {None}
    assert grades["double"].needs_grader


def strip_all_marks(notebook: nbformat.NotebookNode) -> None:
    for cell in notebook.cells:
        cell.metadata.pop("nbgrader", None)


def flip_flags(notebook: nbformat.NotebookNode) -> None:
    for cell in notebook.cells:
        cell.metadata["nbgrader"].update(
            grade=not cell.metadata.nbgrader.grade, solution=True, points=-1, locked=False
        )


def delete_grade_and_solution(notebook: nbformat.NotebookNode) -> None:
    notebook.cells = [c for c in notebook.cells if not c.metadata.nbgrader.grade_id.startswith("square")]


def duplicate_everything(notebook: nbformat.NotebookNode) -> None:
    notebook.cells = [*notebook.cells, *(nbformat.from_dict(dict(cell)) for cell in notebook.cells)]


def reverse(notebook: nbformat.NotebookNode) -> None:
    notebook.cells.reverse()


def write_outputs(notebook: nbformat.NotebookNode) -> None:
    cell = cell_of(notebook, "double")
    cell.source = "999"
    cell.outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": "4"})]


def change_types(notebook: nbformat.NotebookNode) -> None:
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            replacement = nbformat.v4.new_markdown_cell(cell.source, metadata=cell.metadata)
        else:
            replacement = nbformat.v4.new_code_cell(cell.source, metadata=cell.metadata)
        notebook.cells[index] = replacement


def odd_marks(notebook: nbformat.NotebookNode) -> None:
    junks: list[object] = [[], 7, {"grade_id": 3}, {"schema_version": 99}, None, "x"]
    for cell, junk in zip(notebook.cells, junks, strict=False):
        cell.metadata["nbgrader"] = junk


EDITS = [
    strip_all_marks,
    flip_flags,
    delete_grade_and_solution,
    duplicate_everything,
    reverse,
    write_outputs,
    change_types,
    odd_marks,
]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_tampered_cells_change_no_score(
    course: Course, api: NbGraderAPI, submit: Submit, results: Results, edit: Edit
) -> None:
    """Whatever was done to the cells, nbgrader records exactly what the result says."""
    submit("ada", edit)
    results["ada"] = make_result(double=0.5, square=0.0)
    grades = grade(api, "ada")
    assert grades["double"].auto == 2.0 and grades["square"].auto == 0.0
    assert not grades["double"].needs_grader
    notebook = nbformat.read(course.autograded / "ada" / ASSIGNMENT / f"{NOTEBOOK}.ipynb", as_version=4)
    assert cell_of(notebook, "double").source.endswith("check('double')")


def test_symbolic_link_is_not_followed(
    course: Course, api: NbGraderAPI, submit: Submit, results: Results, tmp_path: Path
) -> None:
    submit("bob")
    results["bob"] = results["ada"] = make_result(double=1.0, square=1.0)
    path = submit("ada")
    path.unlink()
    os.symlink(course.submission_folder("bob", ASSIGNMENT) / f"{NOTEBOOK}.ipynb", path)
    grades = grade(api, "ada")
    assert grades["double"].auto is None and grades["double"].needs_grader
    notebook = nbformat.read(course.autograded / "ada" / ASSIGNMENT / f"{NOTEBOOK}.ipynb", as_version=4)
    assert "symbolic link" in cell_of(notebook, "double").outputs[0].text
    assert grade(api, "bob")["double"].auto == 4.0


def test_a_gigabyte_of_output_is_not_read(api: NbGraderAPI, submit: Submit, results: Results) -> None:
    results["ada"] = make_result(double=1.0, square=1.0)
    path = submit("ada")
    with open(path, "r+b") as stream:
        stream.truncate(2**30)  # sparse: takes no disk
    assert grade(api, "ada")["double"].auto is None


def test_a_deleted_answer_brings_no_mark_scheme_back(
    course: Course, api: NbGraderAPI, submit: Submit, results: Results
) -> None:
    submit("ada", lambda notebook: notebook.cells.pop())
    results["ada"] = make_result(double=1.0, square=1.0)
    assert grade(api, "ada")["written_why"].needs_grader
    assert api.generate_feedback(ASSIGNMENT)["success"]
    page = (course.feedback / "ada" / ASSIGNMENT / f"{NOTEBOOK}.html").read_text()
    assert "SECRET" not in page and "missing from the submission" in page


def test_feedback_is_escaped_and_leaks_nothing(
    course: Course, api: NbGraderAPI, submit: Submit, results: Results
) -> None:
    submit("ada")
    results["ada"] = make_result(notes=("<script>alert(1)</script>",), double=0.5, square=1.0)
    grade(api, "ada")
    assert api.generate_feedback(ASSIGNMENT)["success"]
    page = (course.feedback / "ada" / ASSIGNMENT / f"{NOTEBOOK}.html").read_text()
    assert "&lt;b&gt;differs&lt;/b&gt; at (0, 1)" in page and "Look again." in page
    assert "<script>alert(1)</script>" not in page
    for secret in ("test_hidden_name", "SECRET", "\x1b["):
        assert secret not in page


def test_cells_of_one_id_are_told_apart_without_a_warning() -> None:
    """nbformat has a warning for each of them, which fills a page where a notebook was pasted into itself."""
    from autograder.gradebook.submission import parse_notebook

    cells = [{"cell_type": "code", "id": id, "source": str(n)} for n, id in enumerate(("a", "b", "a", "a"))]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        notebook = parse_notebook(json.dumps({"cells": cells}).encode())
    ids = [cell.id for cell in notebook.cells]
    assert ids[:2] == ["a", "b"] and len(set(ids)) == 4
    nbformat.validate(notebook)


def test_a_cell_of_no_kind_is_left_out() -> None:
    from autograder.gradebook.submission import parse_notebook

    document = (
        b'{"cells": [{"cell_type": ["code"]}, {"cell_type": {}}, {"cell_type": "code", "source": "1"}]}'
    )
    assert [cell.source for cell in parse_notebook(document).cells] == ["1"]
