"""An edit in JupyterLab comes back to the text, and nothing is ever lost in silence."""

from __future__ import annotations

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_output

from autograder.authoring.build import make_notebooks, outdated
from autograder.authoring.chapter import AuthoringError
from autograder.authoring.sync import sync
from tests.authoring.conftest import PUBLIC, TEXT


def edit(course, change):
    path = course.source / "ch98_scale.ipynb"
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    nbformat.write(notebook, path)


def replace(old, new):
    def change(notebook):
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)

    return change


def test_an_edit_comes_back_and_leaves_every_other_line(course):
    edit(course, replace("torch.mul(x, factor)", "torch.multiply(x, factor)"))
    assert [str(path) for path in sync(course)] == ["solutions/ch98_scale.py"]
    assert course.texts[0].read_text() == TEXT.replace("torch.mul(x, factor)", "torch.multiply(x, factor)")
    assert outdated([course]) == []


def test_new_moved_and_deleted_cells_come_back(course):
    def change(notebook):
        notebook.cells.insert(1, new_markdown_cell("An idea.\n\n```python\n# %% not a cell\n```"))
        del notebook.cells[6]
        notebook.cells.append(notebook.cells.pop(0))

    edit(course, change)
    sync(course)
    text = course.texts[0].read_text()
    assert "# An idea." in text and "demo_scale" not in text
    assert text.index("Equation: $y = w x$.") > text.index("written_why")
    assert outdated([course]) == []


def test_an_edit_that_does_not_agree_changes_nothing(course):
    def change(notebook):
        notebook.cells[0].source = notebook.cells[0].source.replace("| 5 | 10 |", "| 6 | 10 |")

    before = course.texts[0].read_text()
    edit(course, change)
    with pytest.raises(AuthoringError, match="scale has 6 points in the table"):
        sync(course)
    assert course.texts[0].read_text() == before


def test_running_the_notebook_is_no_edit(course):
    def run(notebook):
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.execution_count = 1
                cell.outputs = [new_output("stream", text="ran")]
        notebook.metadata["language_info"] = {"name": "python", "version": "3.12"}

    edit(course, run)
    assert sync(course) == []
    make_notebooks([course])
    assert outdated([course]) == []


def test_making_notebooks_never_overwrites_an_edit(course):
    edit(course, replace("small", "tiny"))
    with pytest.raises(AuthoringError, match="autograder sync ch98"):
        make_notebooks([course])
    make_notebooks([course], force=True)
    assert outdated([course]) == []


def test_edits_of_both_sides_are_a_conflict(course):
    edit(course, replace("small", "tiny"))
    course.texts[0].write_text(TEXT.replace("small", "little"))
    with pytest.raises(AuthoringError, match="were both edited"):
        sync(course)
    assert "little" in course.texts[0].read_text()


def test_the_same_edit_on_both_sides_is_none(course):
    edit(course, replace("small", "tiny"))
    course.texts[0].write_text(TEXT.replace("small", "tiny"))
    assert sync(course) == []
    make_notebooks([course])
    assert outdated([course]) == []


def test_a_newer_text_is_not_taken_for_an_edit(course):
    course.texts[0].write_text(TEXT.replace("small", "tiny"))
    assert sync(course) == []
    make_notebooks([course])
    assert outdated([course]) == []


def test_public_tests_come_back_too(course):
    (course.source / "test_public.py").write_text(PUBLIC.replace("(2, 3)", "(3, 2)"))
    assert [str(path) for path in sync(course)] == ["solutions/ch98_public.py"]
    assert "(3, 2)" in course.public_tests.read_text()
    assert outdated([course]) == []


def test_a_damaged_notebook_says_so(course):
    (course.source / "ch98_scale.ipynb").write_text("{")
    with pytest.raises(AuthoringError, match="is not a notebook"):
        sync(course)
