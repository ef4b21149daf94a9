"""The quality gate itself: it holds for a sound assignment, and names each kind of defect."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from rich.console import Console

from autograder.audit.command import run, run_solved, summarise
from autograder.audit.judge import Verdicts
from autograder.audit.trials import NotebookTemplate
from autograder.course import Course, CourseError
from autograder.grading.assignment import Assignment
from tests.grading import toy

MISCONCEPTIONS = {
    "double/halved": '"""Doubling makes it larger."""\ndef double(x): return x / 2\n',
    "double/detached": '"""The gradient must flow."""\ndef double(x): return 2 * x.detach()\n',
    "stats/summed": '"""A mean divides."""\ndef stats(x, scale=1): return scale * x.sum(), x.argmax()\n',
    "stats/smallest": '"""Largest."""\ndef stats(x, scale=1): return scale * x.mean(), x.argmin()\n',
    "layer/squared": '"""Times the weight."""\n' + toy.LAYER.replace("self.weight * x", "self.weight**2 * x"),
}
ALTERNATIVES = {"double/added": '"""A sum."""\ndef double(x): return x + x\n'}


def course(
    folder: Path, misconceptions: dict[str, str], alternatives: dict[str, str]
) -> tuple[Course, Assignment]:
    """A course with the small assignment, its variants and its release."""
    assignment = toy.write(folder)
    for exercise in {name.partition("/")[0] for name in misconceptions}:
        own = {n.partition("/")[2]: s for n, s in misconceptions.items() if n.partition("/")[0] == exercise}
        toy.write_misconceptions(assignment.suite, exercise, own)
    for name, source in alternatives.items():
        exercise, _, file = name.partition("/")
        path = assignment.suite / exercise / "alternatives" / f"{file}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    release = folder / "release" / "toy" / "toy.ipynb"
    release.parent.mkdir(parents=True)
    release.write_bytes(toy.document(toy.skeleton()))
    return Course(folder), assignment


def audited(folder: Path, misconceptions: dict[str, str], alternatives: dict[str, str]) -> Verdicts:
    return run(*course(folder, misconceptions, alternatives), 2, 2, None, "landlock", Console(quiet=True))


def test_a_sound_assignment_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Reference full, skeleton nothing, each misconception itself, every test killed: no defect."""
    verdicts = audited(tmp_path, MISCONCEPTIONS, ALTERNATIVES)
    assert verdicts.defects == []
    assert verdicts.survivors() == []
    assert verdicts.counts["misconception"] == [5, 5] and verdicts.counts["alternative"] == [2, 2]
    assert verdicts.tolerance["double"] <= 0.5 and verdicts.exercise_seconds["double"] > 0
    summarise(
        Assignment.load("toy", tmp_path / "source/toy/toy.ipynb", tmp_path / "suite/toy"),
        verdicts,
        2,
        Console(),
        None,
    )
    assert "audit of toy holds" in capsys.readouterr().out


def test_each_kind_of_defect_is_named(tmp_path: Path) -> None:
    """A harmless misconception, one that spoils another exercise, one not told, a wrong alternative, an idle test."""
    misconceptions = {
        "double/harmless": '"""Nothing wrong."""\ndef double(x): return x * 2\n',
        "double/spoils_others": '"""Spoils."""\nimport os\nif "AUTOGRADER_JAIL" in os.environ:\n'
        "    torch.Tensor.mean = torch.Tensor.sum\ndef double(x): return x / 2\n",
        "double/unlike": '"""Random without its seed."""\nimport os\n'
        "def double(x): return x + int.from_bytes(os.urandom(2), 'big')\n",
    }
    verdicts = audited(
        tmp_path, misconceptions, {"stats/wrong": '"""Wrong."""\ndef stats(x, scale=1): return x, x\n'}
    )
    defects = "\n".join(verdicts.defects)
    assert "double/harmless: loses no points" in defects
    assert "beside double/spoils_others: stats earns" in defects
    assert "double/unlike: is not diagnosed" in defects
    assert "alternative: stats/wrong: stats earns" in defects
    assert verdicts.survivors() == ["double: test_gradient"]


def test_a_variant_of_no_cell_is_an_error(tmp_path: Path) -> None:
    """A misconception in a folder that is no exercise is not passed over."""
    with pytest.raises(CourseError, match="no solution cell is called triple_solution"):
        audited(tmp_path, {"triple/any": '"""Hint."""\ndef triple(x): return x\n'}, {})


def test_replaced_changes_one_cell(tmp_path: Path) -> None:
    """A variant's notebook is the solved notebook but for one cell."""
    _, assignment = course(tmp_path, {}, {})
    path = tmp_path / "source/toy/toy.ipynb"
    notebooks = NotebookTemplate(path, tmp_path / "release/toy/toy.ipynb")
    before, after = json.loads(notebooks.solved), json.loads(notebooks.replaced({"double_solution": "pass"}))
    changed = [a["source"] for a, b in zip(after["cells"], before["cells"], strict=True) if a != b]
    assert changed == ["pass"] and assignment.exercises


@pytest.mark.parametrize(
    ("last", "told"), [("1 / 0", "ZeroDivisionError"), ("import os; os._exit(1)", "Kernel died")]
)
def test_a_solved_notebook_that_stops_is_a_defect(tmp_path: Path, last: str, told: str) -> None:
    path = tmp_path / "toy.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("x = 1"), new_code_cell(last)]), path)
    verdicts = Verdicts()
    run_solved(path, verdicts, Console(quiet=True))
    assert len(verdicts.defects) == 1 and "toy.ipynb" in verdicts.defects[0] and told in verdicts.defects[0]
