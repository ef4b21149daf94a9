"""Marks follow understanding: levels have shares, what is right but careless keeps most, our own faults cost nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course import CourseError
from autograder.grading.levels import SHARES, Weighed, shares
from autograder.grading.result import ExerciseResult, Verdict
from autograder.grading.suite import CARE

from . import toy
from .conftest import Grade

HEAD = """
import pytest, torch
from autograder.testing import assert_close, assert_raises
level = pytest.mark.level
"""
MARK = "pytestmark = pytest.mark.exercise('double')\n"
LEVELLED = """
@pytest.mark.gate
@level("runs")
def test_runs(student, rng):
    "It runs."
    assert student.double(rng.randn(2)).shape == (2,)

@level("plain")
def test_plain(student, rng):
    "It doubles."
    x = rng.randn(2, 3)
    assert_close(student.double(x), 2 * x)

@level("options")
@pytest.mark.parametrize("n", [1, 7])
def test_sizes(student, rng, n):
    "Any size."
    x = rng.randn(n)
    assert_close(student.double(x), 2 * x)

@level("options")
@pytest.mark.weight(3)
def test_double_precision(student, rng):
    "float64 too."
    x = rng.randn(3, dtype=torch.float64)
    assert_close(student.double(x), 2 * x)

@level("contract")
def test_text(student):
    "A text is a TypeError."
    assert_raises(TypeError, student.double, "x")
"""
RIGHT = "def double(x):\n    if isinstance(x, str):\n        raise TypeError\n    return 2 * x\n"
IN_PLACE = RIGHT.replace("return 2 * x", "return x.mul_(2)")


def double(
    graded: Grade, folder: Path, solution: str, body: str = LEVELLED, mark: str = MARK
) -> ExerciseResult:
    """The exercise `double` graded by a suite with levels; the reference is `RIGHT`."""
    tests = {**toy.TESTS, "test_double.py": HEAD + mark + body}
    assignment = toy.write(folder, "levelled", tests, double=RIGHT)
    return graded(toy.solved(double=solution), assignment=assignment).exercise("double")


def failed(exercise: ExerciseResult) -> list[str]:
    return [test.name for test in exercise.tests if test.verdict is not Verdict.PASSED]


# Shares, by arithmetic ------------------------------------------------------------------------------------------------


def parts(*tests: tuple[str, str, float], **percent: float) -> list[float]:
    return shares([Weighed(*test) for test in tests], percent)


def test_levels_share_in_proportion_and_the_contract_keeps_its_own() -> None:
    assert parts(("a", "plain", 1), ("b", "options", 1)) == pytest.approx([35 / 60, 25 / 60])
    assert parts(("a", "plain", 1), ("b", "contract", 9)) == pytest.approx([0.9, 0.1])
    every = parts(*((level, level, 1.0) for level in SHARES))
    assert sum(every) == pytest.approx(1) and every[list(SHARES).index("contract")] == pytest.approx(0.1)


def test_a_weight_counts_inside_its_level_and_cases_share_it() -> None:
    found = parts(("a", "plain", 1), ("b", "options", 3), ("b", "options", 3), ("c", "options", 1))
    assert found == pytest.approx([35 / 60, *[25 / 60 * 3 / 8] * 2, 25 / 60 / 4])


def test_a_gate_may_earn_nothing() -> None:
    assert parts(("a", "runs", 0), ("b", "runs", 2), ("c", "plain", 1)) == pytest.approx([0, 0.3, 0.7])
    assert parts(("a", "runs", 0), ("c", "plain", 1)) == pytest.approx([0, 1])


def test_an_exercise_may_have_shares_of_its_own() -> None:
    assert parts(("a", "plain", 1), ("b", "converges", 1), plain=20, converges=60) == pytest.approx(
        [0.25, 0.75]
    )


def test_without_levels_weights_alone_count() -> None:
    assert parts(("a", "", 1), ("b", "", 3)) == pytest.approx([0.25, 0.75])


# What a student keeps -------------------------------------------------------------------------------------------------


def test_the_right_solution_has_full_marks(graded: Grade, tmp_path: Path) -> None:
    found = double(graded, tmp_path, RIGHT)
    assert found.share == 1 and sum(test.weight for test in found.tests) == pytest.approx(1)
    assert [test.level for test in found.tests] == ["runs", "plain", *["options"] * 3, "contract", "contract"]


def test_a_level_is_worth_its_share(graded: Grade, tmp_path: Path) -> None:
    """Wrong in float64 alone: three quarters of the options are lost, and nothing else."""
    found = double(graded, tmp_path, RIGHT.replace("2 * x", "2 * x if x.dtype == torch.float32 else 3 * x"))
    assert found.share == pytest.approx(1 - 0.9 * 25 / 75 * 0.75)


def test_right_but_in_place_fails_the_contract_alone(graded: Grade, tmp_path: Path) -> None:
    """Values are compared all the same, even in the gate; the student is told once."""
    found = double(graded, tmp_path, IN_PLACE)
    assert failed(found) == [CARE] and found.share == pytest.approx(0.95)
    assert (
        found.tests[-1].message
        == "Your code changed one of the tensors it was given in place; work on a copy."
    )


def test_in_place_and_wrong_loses_for_both(graded: Grade, tmp_path: Path) -> None:
    found = double(graded, tmp_path, RIGHT.replace("return 2 * x", "return x.mul_(3)"))
    assert found.share == pytest.approx(0.9 * 15 / 75 + 0.05)


@pytest.mark.parametrize(("change", "said"), [("x.double()", "float64"), ("x.float()", "float32")])
def test_right_but_in_another_precision_fails_the_contract_alone(
    graded: Grade, tmp_path: Path, change: str, said: str
) -> None:
    found = double(graded, tmp_path, RIGHT.replace("2 * x", f"2 * {change}"))
    assert failed(found) == [CARE] and found.share == pytest.approx(0.95)
    assert found.tests[-1].message.startswith(f"output is torch.{said} instead of torch.float")
    assert found.tests[-1].message.count("instead of") == 1


def test_a_test_of_the_contract_is_strict_about_the_dtype(graded: Grade, tmp_path: Path) -> None:
    body = LEVELLED.replace('@level("options")\n@pytest.mark.weight(3)', '@level("contract")')
    found = double(graded, tmp_path, RIGHT.replace("2 * x", "2 * x.float()"), body)
    assert failed(found) == ["test_double_precision"] and found.share == pytest.approx(0.975)


def test_numbers_of_another_kind_are_no_matter_of_precision(graded: Grade, tmp_path: Path) -> None:
    found = double(graded, tmp_path, RIGHT.replace("2 * x", "(2 * x).long()"))
    assert "test_plain" in failed(found)


def test_nothing_is_earned_by_what_does_not_run(graded: Grade, tmp_path: Path) -> None:
    for solution in ("def double(x): raise NotImplementedError", "def double(x): return x.nothing", "1 / 0"):
        found = double(graded, tmp_path, solution)
        assert found.share == 0 and not found.tests[-1].ran


# What an author may say -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('@level("plain")', '@level("plan")', "no level 'plan'; there are runs, plain"),
        ('@level("plain")\n', "", "test_plain has no level"),
        ("weight(3)", "weight(0)", "a weight is a positive number, or 0"),
        ("weight(3)", "shares(plain=50)", "said in two ways"),
    ],
)
def test_a_suite_that_is_marked_wrongly_grades_nobody(
    graded: Grade, tmp_path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(CourseError, match=said):
        double(graded, tmp_path, RIGHT, LEVELLED.replace(old, new))


def test_shares_are_said_once_for_the_file(graded: Grade, tmp_path: Path) -> None:
    mark = "pytestmark = [pytest.mark.exercise('double'), pytest.mark.shares(runs=5, plain=65)]\n"
    wrong = (
        "def double(x):\n    if isinstance(x, str):\n        raise TypeError\n    return torch.zeros_like(x)"
    )
    assert double(graded, tmp_path, wrong, mark=mark).share == pytest.approx(0.9 * 5 / 95 + 0.05)
    with pytest.raises(CourseError, match="not plan=65"):
        double(graded, tmp_path, RIGHT, mark=mark.replace("plain", "plan"))


# The grader's own errors ----------------------------------------------------------------------------------------------


def test_a_test_that_fails_on_the_reference_too_is_our_fault(graded: Grade, tmp_path: Path) -> None:
    """Whatever a hidden test raises: the same test on the same inputs tells whose fault it is."""
    body = LEVELLED.replace(
        "assert_close(student.double(x), 2 * x)", "assert_close(student.double(x), 3 * x)", 1
    )
    found = double(graded, tmp_path, RIGHT, body)
    assert found.verdict is Verdict.NOT_GRADABLE and "test_plain fails on the reference too" in found.fault
    assert "grader failed" in found.message and found.tests[1].verdict is Verdict.NOT_GRADABLE


@pytest.mark.parametrize(
    "solution",
    [
        "def double(x, kept=[]):\n    kept.append(1)\n    return len(kept) * x",
        "class Kept: pass\ndef double(x):\n    Kept.calls = getattr(Kept, 'calls', 0) + 1\n    return Kept.calls * x",
        "def double(x):\n    global scale\n    scale = 2 * scale\n    return scale * x\nscale = 1",
    ],
    ids=["default argument", "class", "global"],
)
def test_state_kept_between_calls_is_the_students_mistake(
    graded: Grade, tmp_path: Path, solution: str
) -> None:
    found = double(graded, tmp_path, solution)
    assert found.verdict is Verdict.FAILED and not found.fault and "test_sizes[7]" in failed(found)


def test_a_fixture_that_asks_the_student_is_not_held_against_the_reference(
    graded: Grade, tmp_path: Path
) -> None:
    fixture = "@pytest.fixture\ndef doubled(student, rng): return student.double(torch.ones(3))\n"
    test = "@level('plain')\ndef test_it(student, doubled): assert_close(doubled, torch.full((3,), 2.0))\n"
    found = double(graded, tmp_path, "def double(x): return 3 * x", fixture + test)
    assert found.verdict is Verdict.FAILED and not found.fault
