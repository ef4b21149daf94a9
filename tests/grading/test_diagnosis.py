"""A wrong solution is told which misconception it has, where it has one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from autograder.grading.assignment import Assignment
from autograder.grading.diagnosis import Diagnosis, alike, frozen
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


def test_alike_is_up_to_rounding_and_nothing_more() -> None:
    """Traces differ by a value, a shape, a dtype, a length or an order; not by rounding."""
    x = torch.randn(3, 4)
    one = [("call", x)]
    assert alike(one, [("call", x * (1 + 1e-6))])
    for other in (x + 0.01, x.T, x.double(), None, x[:2]):
        assert not alike(one, [("call", other)])
    assert not alike(one, [*one, *one])
    assert alike([("call", [1, 2.0, "a", None, True])], [("call", [1, 2.0 + 1e-9, "a", None, True])])
    assert not alike([("call", 1)], [("call", True)])


def test_without_misconceptions_nothing_is_diagnosed(assignment: Assignment, worker: Worker) -> None:
    """A suite need not ship any."""
    content = toy.document(toy.solved(double="def double(x): return x"))
    result = grade(content, assignment, 0, worker, diagnosis=Diagnosis(assignment))
    assert not any(test.hint for test in result.exercise("double").tests)


def test_of_a_huge_answer_little_is_kept() -> None:
    """Every test's answers are kept to the end of the submission: of one with millions of parts a sample is."""
    huge: list[object] = [[[] for _ in range(1000)] for _ in range(1000)] + [{"key": ["x" * 100_000] * 2000}]
    (_, kept), *_ = frozen([("call", huge)])
    waiting, parts = [kept], 0
    while waiting:
        part = waiting.pop()
        parts += len(part) if isinstance(part, str) else 1
        waiting.extend(part if isinstance(part, list) else ())
    assert parts < 10_000
    assert frozen([("call", huge)]) == frozen([("call", huge)])
    assert alike(frozen([("call", huge)]), [("call", kept)]) and not alike(
        frozen([("call", huge[1:])]), [("call", kept)]
    )
