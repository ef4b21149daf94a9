"""Text to source/ to release/: the bytes are fixed, the repository's are up to date, nothing is written by halves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.authoring import build
from autograder.authoring.build import make_notebooks, outdated
from autograder.authoring.chapter import AuthoringError, chapter, chapters
from autograder.authoring.notebooks import from_text, to_bytes, to_text
from tests.authoring.conftest import TEXT, write_course

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.parametrize("assignment", [one.id for one in chapters(REPOSITORY)])
def test_the_repository_is_what_its_texts_give(assignment):
    assert outdated([chapter(REPOSITORY, assignment)]) == []


def test_the_same_text_gives_the_same_bytes(course, tmp_path):
    other = write_course(tmp_path / "other")
    make_notebooks([other])
    for kind in ("source", "release"):
        ours, theirs = course.root / kind, other.root / kind
        files = sorted(path.relative_to(ours) for path in ours.rglob("*") if path.is_file())
        assert files == sorted(path.relative_to(theirs) for path in theirs.rglob("*") if path.is_file())
        assert {path.name for path in files} >= {
            "ch98_scale.ipynb",
            "test_public.py",
            "conftest.py",
            "INSTALL.md",
            "cells.json",
        }
        for name in files:
            assert (ours / name).read_bytes() == (theirs / name).read_bytes()


@pytest.mark.parametrize("between", ["\n\n", "import torch\n\n"])
def test_what_stands_before_the_first_cell_is_refused(between):
    first = TEXT.index("# %%")
    with pytest.raises(AuthoringError, match="before the first `# %%`"):
        from_text(TEXT[:first] + between + TEXT[first:])


def test_the_source_notebook_has_stable_ids_and_no_traces():
    notebook = from_text(TEXT)
    assert [cell.id for cell in notebook.cells] == [
        "top-1",
        "given_imports",
        "given_imports-1",
        "scale_solution",
        "scale",
        "demo_scale",
        "written_why",
    ]
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert to_bytes(from_text(TEXT)) == to_bytes(notebook)
    moved = from_text(
        TEXT.replace(
            "# %% [markdown]\n# ## Exercise", "# %% [markdown]\n# New.\n\n# %% [markdown]\n# ## Exercise"
        )
    )
    assert [c.id for c in moved.cells if c.id in {"scale", "top-1"}] == ["top-1", "scale"]


def test_the_release_is_a_skeleton(course):
    notebook = nbformat.read(course.release / "ch98_scale.ipynb", as_version=4)
    sources = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell.source for cell in notebook.cells}
    assert sources["scale_solution"] == (
        'def scale(x, factor=2.0):\n    """`x` times the factor."""\n'
        "    # YOUR CODE HERE\n    raise NotImplementedError()"
    )
    assert sources["written_why"] == "YOUR ANSWER HERE"
    assert notebook.cells[5].metadata.tags == ["demo", "raises-exception"]
    assert not list(course.root.rglob("gradebook.db"))


def test_checks_and_figures_let_run_all_go_on_and_no_author_types_it(course):
    notebook = nbformat.read(course.release / "ch98_scale.ipynb", as_version=4)
    tagged = {
        c.metadata.get("nbgrader", {}).get("grade_id"): c.metadata.get("tags", []) for c in notebook.cells
    }
    assert tagged["scale"] == ["raises-exception"]
    assert tagged["given_imports"] == tagged["scale_solution"] == tagged["written_why"] == []
    check = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "scale")
    assert check.source == 'from selfcheck import check\n\ncheck("scale")'
    assert to_text(nbformat.read(course.source / "ch98_scale.ipynb", as_version=4), TEXT) == TEXT
    assert (
        to_text(nbformat.read(course.source / "ch98_scale.ipynb", as_version=4), "").count("raises-exception")
        == 0
    )


def test_an_untouched_notebook_runs_to_its_end(course):
    notebook = nbformat.read(course.release / "ch98_scale.ipynb", as_version=4)
    NotebookClient(notebook, resources={"metadata": {"path": str(course.release)}}).execute()
    check, figure = notebook.cells[4], notebook.cells[5]
    assert "scale is not written yet" in check.outputs[-1]["evalue"]
    assert figure.outputs[-1]["traceback"] == [
        "NotImplementedError: `scale` is not written yet, and this cell waits for it"
    ]


def test_a_text_that_would_leak_writes_nothing(course):
    text = course.texts[0]
    (course.hidden_suite / "scale" / "misconceptions.py").unlink()  # its edits are of the solution as it was
    leaky = TEXT.replace(
        "shown = scale(torch.ones(3))", "enlarged = torch.mul(x, factor)\nreturn_ = enlarged\nx = 1"
    )
    leaky = leaky.replace("    return enlarged\n", "    return_ = enlarged\n    return return_\n")
    text.write_text(
        leaky.replace(
            "shown\n",
            'raise TypeError("scale takes a tensor")\nenlarged = torch.mul(x, factor)\nreturn_ = enlarged\n',
        )
    )
    before = (course.release / "ch98_scale.ipynb").read_bytes()
    with pytest.raises(AuthoringError, match="would leak, nothing was written"):
        make_notebooks([course])
    assert (course.release / "ch98_scale.ipynb").read_bytes() == before


def test_outdated_names_every_file(course):
    course.texts[0].write_text(TEXT.replace("A small chapter", "A smaller chapter"))
    (course.source / "conftest.py").unlink()
    told = "\n".join(outdated([course]))
    assert "source/ch98/ch98_scale.ipynb is not what its text gives" in told
    assert "source/ch98/conftest.py is missing" in told
    assert "made.json does not know source/ch98/ch98_scale.ipynb as it is" in told


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda text: text.replace('"grade_id": "scale"', '"grade_id": "scale_solution"'),
            "two cells have the grade_id",
        ),
        (
            lambda text: text.replace("# ### END SOLUTION\n", "", 1),
            "generate_assignment ch98 failed: .*[Nn]o end solution",
        ),
    ],
)
def test_a_broken_text_says_what_is_wrong(course, change, words):
    course.texts[0].write_text(change(TEXT))
    with pytest.raises(AuthoringError, match=words):
        make_notebooks([course])


def test_missing_public_tests_and_chapters(course):
    course.public_tests.unlink()
    with pytest.raises(AuthoringError, match="no public tests"):
        make_notebooks([course])
    with pytest.raises(AuthoringError, match="there: ch98"):
        chapter(course.root, "ch99")


def test_pictures_beside_the_notebook_reach_students(course, monkeypatch):
    (course.source / "figure.png").write_bytes(b"\x89PNG\r\n\x1a\n...")
    make_notebooks([course])
    assert (course.release / "figure.png").is_file()


def test_a_damaged_record_says_what_to_do(course):
    build.record_file(course.root).write_text("{")
    with pytest.raises(AuthoringError, match="delete it and run"):
        make_notebooks([course])


def test_the_record_names_what_was_made(course):
    record = json.loads(build.record_file(course.root).read_text())
    assert sorted(record) == ["source/ch98/ch98_scale.ipynb", "source/ch98/test_public.py"]


def test_the_command_line_of_nbgrader_makes_the_same_release(course):
    ours = {path.name: path.read_bytes() for path in course.release.iterdir()}
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", "ch98", "--force"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # for alembic
    subprocess.run(command, cwd=course.root, env=os.environ | {"PATH": path}, check=True, capture_output=True)
    assert {path.name: path.read_bytes() for path in course.release.iterdir()} == ours
