"""Hints are counted: what is named rightly, what is called by another's name, and what becomes of two at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.audit.hints import HintFigures, as_student, bound_tests, figures
from autograder.grading.assignment import Assignment
from autograder.grading.diagnosis import Diagnosis
from tests.grading import toy

EDITS = {
    "summed": ("x.mean()", "x.sum()"),
    "smallest": ("x.argmax()", "x.argmin()"),
    "unscaled": ("scale * ", ""),
}
STATS = "from autograder.testing import edit, misconception\nMISCONCEPTIONS = [\n" + "".join(
    f'misconception({name!r}, hint="Is it?", severity="serious", base="reference", edits=[edit{change!r}]),\n'
    for name, change in EDITS.items()
)


@pytest.fixture
def assignment(tmp_path: Path) -> Assignment:
    made = toy.write(tmp_path, "hinted")
    (made.suite / "stats").mkdir()
    (made.suite / "stats" / "misconceptions.py").write_text(STATS + "]\n")
    return made


def names(assignment: Assignment, solution: str, without: frozenset[str] = frozenset()) -> dict[str, str]:
    diagnosis = Diagnosis(assignment)
    seen = as_student(diagnosis, "import torch\n" + solution, bound_tests(assignment, "stats"))
    return {test: v.name for test, v in diagnosis.of_exercise("stats", seen, without).items()}


def test_known_mistakes_are_named_and_unknown_ones_are_not(assignment: Assignment) -> None:
    found = figures(assignment, Diagnosis(assignment), "stats")
    assert (found.known, found.named, found.left_out) == (3, 3, 3)
    assert not (found.mistaken or found.unnamed or found.misled or found.pairs_misled)
    assert (found.pairs, found.both_named) == (3, 3)
    assert found.coverage == found.precision == 1 and "3 of 3" in found.sentence()


def test_two_mistakes_at_once_are_named_each_at_its_own_tests(assignment: Assignment) -> None:
    both = names(assignment, "def stats(x, scale=1):\n    return x.sum() * scale, (-x).argmax()")
    assert both.pop("test_largest") == "smallest"
    assert set(both.values()) == {"summed"} and len(both) == 3


def test_a_third_mistake_is_not_called_by_two_others_names(assignment: Assignment) -> None:
    assert not names(assignment, "def stats(x, scale=1):\n    return scale * x.median(), x.argmin() + 1")


def test_figures_add_up() -> None:
    total = HintFigures()
    for _ in range(2):
        total.add(HintFigures(known=4, named=3, left_out=4, misled=[("e", "a", "b")], pairs=2, both_named=1))
    assert (total.known, total.named, total.pairs, total.both_named) == (8, 6, 4, 2)
    assert total.coverage == total.precision == 0.75
