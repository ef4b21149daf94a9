"""A wrong solution is told which misconception it has, where it has one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.grading.assignment import Assignment
from autograder.grading.diagnosis import Diagnosis
from autograder.grading.grade import grade
from autograder.grading.result import ExerciseResult
from autograder.jail.host.worker import Worker

from . import toy

MISCONCEPTIONS = {
    "squared": '"""Doubling adds a number to itself; it does not square it."""\ndef double(x): return x * x\n',
    "halved": '"""Doubling makes it larger."""\ndef double(x): return x / 2\n',
    "detached": '"""The gradient must flow."""\ndef double(x): return 2 * x.detach()\n',
    "noisy": '"""Doubling has no noise."""\ndef double(x): return 2 * x + torch.randn_like(x)\n',
    "raises": '"""A sum needs two of a kind."""\ndef double(x): return x + "x"\n',
}


@pytest.fixture
def diagnosed(tmp_path: Path, worker: Worker) -> Callable[[str], ExerciseResult]:
    assignment = toy.write(tmp_path, "diagnosed")
    toy.write_misconceptions(assignment.suite, "double", MISCONCEPTIONS)
    diagnosis = Diagnosis(assignment)

    def double(solution: str) -> ExerciseResult:
        content = toy.document(toy.solved(double=solution))
        return grade(content, assignment, 0, worker, diagnosis=diagnosis).exercise("double")

    return double


@pytest.mark.parametrize(
    ("solution", "name"),
    [
        ("def double(x):\n    return x ** 2", "squared"),
        ("def double(x):\n    return 0.5 * x", "halved"),
        ("def double(x):\n    return torch.tensor(2 * x.detach().numpy())", "detached"),
        ("def double(x):\n    return x + x + torch.empty_like(x).normal_()", "noisy"),
        ("def double(x):\n    return x + 'two'", "raises"),
    ],
)
def test_recognised(diagnosed: Callable[[str], ExerciseResult], solution: str, name: str) -> None:
    """Another text with the same mistake gets the mistake's hint, random ones and exceptions too."""
    failed = [test for test in diagnosed(solution).tests if test.ran and test.message]
    assert failed and all(test.misconception == name for test in failed)
    assert failed[0].hint == MISCONCEPTIONS[name].split('"""')[1]


@pytest.mark.parametrize("solution", ["def double(x):\n    return 3 * x", "def double(x):\n    return None"])
def test_unknown_mistake_gets_no_hint(diagnosed: Callable[[str], ExerciseResult], solution: str) -> None:
    """A mistake that is nobody's known one is not given somebody else's hint."""
    assert not any(test.hint for test in diagnosed(solution).tests)


def test_right_solution_gets_no_hint(diagnosed: Callable[[str], ExerciseResult]) -> None:
    """What passes is not diagnosed."""
    result = diagnosed(toy.DOUBLE)
    assert result.share == 1 and not any(test.hint for test in result.tests)


def test_without_misconceptions_nothing_is_diagnosed(assignment: Assignment, worker: Worker) -> None:
    """A suite need not ship any."""
    content = toy.document(toy.solved(double="def double(x): return x"))
    result = grade(content, assignment, 0, worker, diagnosis=Diagnosis(assignment))
    assert not any(test.hint for test in result.exercise("double").tests)


def test_a_misconception_that_the_student_passes_is_not_named(
    diagnosed: Callable[[str], ExerciseResult],
) -> None:
    """The first failed test alone fits `squared`; a test that passes shows that it is not."""
    ones = "def double(x):\n    return x * x if x.dtype == torch.float32 else 2 * x"
    result = diagnosed(ones)
    assert result.share < 1 and not any(
        test.misconception == "squared" and test.ran for test in result.tests[1:]
    )
