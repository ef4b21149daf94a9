"""`autograder new` writes what builds, and `autograder missing` finds again all that it left to write."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.authoring.agreement import disagreements, points_to_come
from autograder.authoring.build import make_notebooks
from autograder.authoring.cells import cells_of, table_of
from autograder.authoring.chapter import AuthoringError, chapter, chapters
from autograder.authoring.missing import missing, unwritten
from autograder.authoring.scaffold import new_chapter, new_exercise
from autograder.grading.assignment import Assignment
from autograder.grading.grade import grade
from autograder.grading.variants import load_alternatives, load_misconceptions
from autograder.jail.host.backends import BACKENDS
from autograder.jail.host.worker import Worker

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    new_chapter(tmp_path, "ch97", "Graph networks")
    return tmp_path


@pytest.fixture
def worker() -> Iterator[Worker]:
    one = Worker(BACKENDS["landlock"]())
    yield one
    one.close()


def test_a_new_chapter_builds_and_says_what_is_to_come(root):
    one = chapter(root, "ch97")
    assert one.texts[0].name == "ch97_graph_networks.py"
    assert make_notebooks([one])
    assert points_to_come(one) == 90
    told = missing(one)
    assert any("90 points are still to come: `autograder new ch97 EXERCISE`" in line for line in told)


def test_a_new_exercise_agrees_builds_and_is_graded(root, worker: Worker):
    written = new_exercise(root, "ch97", "graph_conv", "Convolution on a graph", points=10, minutes=40)
    new_exercise(root, "ch97", "readout")
    assert len(written) == 6 and all((root / path).is_file() for path in written)
    one = chapter(root, "ch97")
    assert disagreements(one) == []
    make_notebooks([one])
    cells = [cell for text in one.texts for cell in cells_of(text)]
    roles = [cell.id for cell in cells if cell.role in ("exercise", "written")]
    assert roles == ["graph_conv", "readout", "written_first", "written_second"]
    rows = table_of(cells)
    assert [row.points for row in rows] == [10, 8, 10, 72] and points_to_come(one) == 72
    assert [row.minutes for row in rows] == ["40", "20", "30", "240"]

    assignment = Assignment.load("ch97", one.source / "ch97_graph_networks.ipynb", one.hidden_suite)
    (solved,) = one.source.glob("*.ipynb")
    result = grade(solved.read_bytes(), assignment, 0, worker)
    assert [exercise.share for exercise in result.exercises] == [1, 1], result
    (skeleton,) = one.release.glob("*.ipynb")
    assert [e.share for e in grade(skeleton.read_bytes(), assignment, 0, worker).exercises] == [0, 0]
    assert {variant.exercise for variant in load_misconceptions(assignment)} == {"graph_conv", "readout"}
    assert len(load_alternatives(assignment)) == 2


def test_what_is_written_passes_the_linters(root):
    new_exercise(root, "ch97", "graph_conv")
    ours = 'lint.isort.known-first-party = ["autograder", "selfcheck"]'  # in the project their folders say so
    settings = ("--config", str(REPOSITORY / "pyproject.toml"), "--config", ours)
    command = [sys.executable, "-m", "ruff", "check", *settings, "."]
    told = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout


def test_all_that_is_to_be_written_is_missing(root):
    new_exercise(root, "ch97", "graph_conv")
    one = chapter(root, "ch97")
    told = missing(one)
    marks = [p for p in root.rglob("*.py") for text in p.read_text().splitlines() if "TO WRITE:" in text]
    assert len([line for line in told if ": still to write: " in line]) == len(marks) > 20
    room = "autograder/suites/ch97/graph_conv"
    assert f"{room}/misconceptions.py: graph_conv has 2 misconceptions of at least 6" in told
    assert f"{room}/alternatives: graph_conv has 1 alternatives of at least 3" in told
    assert (
        f"{room}/misconceptions.py:11: still to write: the question that a teacher would ask this student."
        in told
    )
    of_the_room = unwritten(one, frozenset({"graph_conv"}))
    assert set(of_the_room) < set(told) and all(line.startswith(room) for line in of_the_room)


@pytest.mark.parametrize("assignment", chapters(REPOSITORY), ids=lambda one: one.id)
def test_nothing_is_missing_in_the_assignments(assignment):
    assert missing(assignment) == []


def test_points_that_are_left_over_are_told_at_the_build(root):
    new_exercise(root, "ch97", "large", points=95)
    one = chapter(root, "ch97")
    assert points_to_come(one) == 0
    with pytest.raises(
        AuthoringError, match=r"ch97_graph_networks.py:\d+: the points are 105 together, not 100"
    ):
        make_notebooks([one])


@pytest.mark.parametrize(
    ("id", "exercise", "words"),
    [
        ("ch97", None, "ch97 is there already"),
        ("week3", None, "an assignment is called ch and two digits"),
        ("ch96", "conv", "no text of 'ch96'"),
        ("ch97", "Conv", "called like a function, in small letters"),
        ("ch97", "lambda", "called like a function"),
        ("ch97", "../conv", "called like a function"),
        ("ch97", "given_conv", "begins like a cell of another kind"),
        ("ch97", "there", "has the exercise there already"),
        ("ch97", "left_over", "left_over is there already: remove it"),
    ],
)
def test_what_cannot_be_made_changes_nothing(root, id, exercise, words):
    new_exercise(root, "ch97", "there")
    (root / "autograder/suites/ch97/left_over").mkdir()
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    with pytest.raises(AuthoringError, match=words):
        if exercise is None:
            new_chapter(root, id)
        else:
            new_exercise(root, id, exercise)
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before
