"""The quality gate itself: it holds for a sound assignment, and names each kind of defect."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from rich.console import Console

from autograder.audit.ledger import Ledger
from autograder.audit.run import Audit, Wanted
from autograder.audit.solved import run_solved
from autograder.audit.summary import summarise
from autograder.audit.trials import NotebookTemplate, Plan
from autograder.classroom.options import GradingOptions
from autograder.classroom.workplace import JailChoice
from autograder.course import Course, CourseError
from tests.audit.conftest import ALTERNATIVES, MISCONCEPTIONS, load, write_course


def audited(folder: Path, misconceptions: dict[str, str], alternatives: dict[str, str]) -> Audit:
    """An audit of a new course through the real pipeline."""
    write_course(folder, misconceptions, alternatives)
    return audit_of(folder, Wanted())


def audit_of(folder: Path, wanted: Wanted) -> Audit:
    """An audit through the real pipeline."""
    assignment = load(folder)
    notebooks = NotebookTemplate(folder / "source/toy/toy.ipynb", folder / "release/toy/toy.ipynb")
    plan = Plan(assignment, notebooks, 2, frozenset())
    jail = JailChoice.of(Course(folder), GradingOptions(backend="landlock"))
    audit = Audit(plan, Ledger(assignment.suite), jail, 2, wanted)
    audit.run()
    return audit


def test_a_sound_assignment_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Reference full, skeleton nothing, each misconception itself, every test killed: no defect."""
    audit = audited(tmp_path, MISCONCEPTIONS, ALTERNATIVES)
    verdicts = audit.verdicts
    assert verdicts.defects == []
    assert verdicts.survivors() == []
    assert verdicts.counts["misconception"] == [10, 10] and verdicts.counts["alternative"] == [2, 2]
    assert verdicts.tolerance["double"] <= 0.5 and verdicts.exercise_seconds["double"] > 0
    summarise(load(tmp_path), verdicts, audit.tally, 2, Console())
    told = capsys.readouterr().out
    assert "audit of toy holds" in told and "0 from the ledger" in told

    only = frozenset({"layer"})
    again = audit_of(tmp_path, Wanted(only, check=True, sample=9))
    assert again.verdicts.defects == [] and again.tally.sampled == 2 + 1 + 2, "graded again it is the same"
    ledger = tmp_path / "suite/toy/layer/ledger.jsonl"
    ledger.write_text(ledger.read_text().replace('"named":"squared"', '"named":"cubed"'))
    told = "\n".join(audit_of(tmp_path, Wanted(only, check=True, sample=9)).verdicts.defects)
    assert "diagnosed as cubed" in told and "run again it was" in told
    assert not ledger.read_bytes(), "an engine of which a record does not repeat proves nothing"


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
    ).verdicts
    defects = "\n".join(verdicts.defects)
    assert "double: misconception harmless: loses no points" in defects
    assert "stats: beside double/spoils_others: test_mean" in defects
    assert "double: misconception unlike: is not diagnosed" in defects
    assert "stats: alternative wrong: earns 0% of its points" in defects
    assert verdicts.survivors() == ["double: test_gradient"]


def test_a_variant_of_no_cell_is_an_error(tmp_path: Path) -> None:
    """A misconception in a folder that is no exercise is not passed over."""
    with pytest.raises(CourseError, match="no exercise is called triple, for which any was written"):
        audited(tmp_path, {"triple/any": '"""Hint."""\ndef triple(x): return x\n'}, {})


def test_replaced_changes_one_cell(tmp_path: Path) -> None:
    """A variant's notebook is the solved notebook but for one cell."""
    assignment = write_course(tmp_path, {}, {})
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
    _, wrong = run_solved(path, tmp_path)
    assert len(wrong) == 1 and "toy.ipynb" in wrong[0] and told in wrong[0]
