"""Scores and verdicts as the suite declares them, the same whenever and wherever they are made."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from autograder.course import CourseError
from autograder.grading.assignment import Assignment
from autograder.grading.pytest_session import run_pytest
from autograder.grading.result import Verdict, encode
from autograder.jail.host.worker import Worker
from selfcheck.random import derive_seed

from . import toy
from .conftest import Grade

WRONG = {
    "double": "def double(x): return 2 * x + torch.randn(()) * 1e-3",
    "stats": "def stats(x, scale=1): return x.mean(), x.argmax()",
    "layer": toy.LAYER,
}
HEAD = "import pytest, torch\nfrom autograder.testing import assert_close, assert_raises\n"


def test_the_scored_bytes_are_the_same_everywhere(graded: Grade, workers: Callable[[str], Worker]) -> None:
    content = toy.solved(**WRONG)
    documents = [
        graded(content, seed=3, worker=workers(name)).scored_bytes() for name in ("landlock", "bubblewrap")
    ]
    torch.manual_seed(99)
    documents.append(graded(content, seed=3).scored_bytes())
    assert documents[0] == documents[1] == documents[2]
    assert graded(content, seed=4).key != graded(content, seed=3).key


def test_seeds_differ_by_seed_exercise_and_test() -> None:
    seeds = {derive_seed(*parts) for parts in [(0, "a", "t"), (1, "a", "t"), (0, "b", "t"), (0, "a", "u")]}
    assert len(seeds) == 4 and derive_seed(0, "a", "t") == derive_seed(0, "a", "t")


def test_the_students_process_learns_no_seed_of_the_hidden_inputs(graded: Grade, tmp_path: Path) -> None:
    body = "assert student.double(None) not in (rng.initial_seed, rng.initial_seed % 2**32), 'the same seed'"
    assignment = one_test(tmp_path, body)
    assert (
        graded(toy.solved(double="def double(x): return torch.initial_seed()"), assignment=assignment).score
        == 12
    )
    random = toy.solved(double="def double(x): return float(torch.rand(()))")
    twice = [
        graded(random, assignment=one_test(tmp_path, "assert False, str(student.double(0))"))
        for _ in range(2)
    ]
    assert twice[0].exercise("double") == twice[1].exercise("double"), "and yet it draws the same again"


def test_weights_and_cases_share_the_points(graded: Grade) -> None:
    # stats: test_mean weighs 3, its three cases 1 each, of which `scale=1` passes; test_largest weighs 1.
    stats = graded(toy.solved(**WRONG)).exercise("stats")
    assert [test.weight for test in stats.tests] == [0.25, 0.25, 0.25, 0.25]
    assert [test.verdict for test in stats.tests] == [
        Verdict.PASSED,
        Verdict.FAILED,
        Verdict.FAILED,
        Verdict.PASSED,
    ]
    assert stats.score == 2 and stats.verdict is Verdict.FAILED


def test_a_failed_gate_ends_the_ladder(graded: Grade) -> None:
    double = graded(toy.solved(**WRONG)).exercise("double")
    assert [(test.verdict, test.ran) for test in double.tests] == [
        (Verdict.FAILED, True),
        (Verdict.FAILED, False),
    ]
    assert double.tests[0].statement == "Every value is doubled." and double.score == 0


def test_no_document_holds_a_hidden_value(graded: Grade) -> None:
    answers = {
        "double": [
            "return None",
            "return 0 * x",
            "return x / 0",
            "return x.double()",
            "raise ValueError('x' * 9000)",
        ],
        "stats": ["return x, x", "return x.mean() + 1, x.argmax() + 1", "return 3"],
    }
    for name, bodies in answers.items():
        for body in bodies:
            head = toy.SOLUTIONS[name].split("\n")[0]
            result = graded(toy.solved(**{name: f"{head}\n    {body}\n"}))
            found = result.exercise(name)
            assert found.verdict is Verdict.FAILED
            text = " ".join(t.message + t.hint + t.statement for t in found.tests) + " ".join(result.notes)
            assert toy.SECRET not in text and toy.SECRET[:6] not in text and "test_" not in text
            assert all(len(test.message) <= 600 for test in found.tests)
            # Names with parameters are for the instructor; nothing else of the document has the value.
            stripped = encode(result).decode().replace(f"test_mean[{toy.SECRET}]", "")
            assert toy.SECRET not in stripped


# The grader's own faults ---------------------------------------------------------------------------------------------


def one_test(folder: Path, body: str, head: str = HEAD, **reference: str) -> Assignment:
    """The toy with test_double.py replaced by one test of that body."""
    test = f"{head}\n@pytest.mark.exercise('double')\ndef test_it(student, rng):\n    {body}\n"
    return toy.write(folder, "faulty", {**toy.TESTS, "test_double.py": test}, **reference)


@pytest.mark.parametrize(
    "body", ["open('/nowhere')", "import nothing_of_that_name", "raise SystemError", "rng.nothing()"]
)
def test_a_fault_of_the_suite_is_no_ones_zero(graded: Grade, tmp_path: Path, body: str) -> None:
    result = graded(toy.solved(), assignment=one_test(tmp_path, body))
    double = result.exercise("double")
    assert double.verdict is Verdict.NOT_GRADABLE and double.fault and toy.SECRET not in double.message
    assert "grader failed" in double.message
    assert result.exercise("stats").score == 4 and result.exercise("layer").score == 3


@pytest.mark.parametrize(
    "head",
    ["1 / 0\n" + HEAD, "def broken(:\n" + HEAD, "import nothing_of_that_name\n" + HEAD],
    ids=["raises", "syntax", "import"],
)
def test_a_suite_that_cannot_be_read_grades_nobody(graded: Grade, tmp_path: Path, head: str) -> None:
    with pytest.raises(CourseError, match=r"test_double\.py"):
        graded(toy.solved(), assignment=one_test(tmp_path, "pass", head + HEAD))


def test_a_test_without_an_exercise_grades_nobody(graded: Grade, tmp_path: Path) -> None:
    for mark in (
        "def test_it(student): pass\n",
        "@pytest.mark.exercise('other')\ndef test_it(student): pass\n",
    ):
        tests = {**toy.TESTS, "test_more.py": HEAD + mark}
        with pytest.raises(CourseError):
            graded(toy.solved(), assignment=toy.write(tmp_path, "faulty", tests))


def test_an_exercise_without_tests_is_not_gradable(graded: Grade, tmp_path: Path) -> None:
    tests = {name: text for name, text in toy.TESTS.items() if name != "test_layer.py"}
    result = graded(toy.solved(), assignment=toy.write(tmp_path, "partial", tests))
    assert result.exercise("layer").verdict is Verdict.NOT_GRADABLE and result.score == 9


def test_an_assignment_without_source_or_suite_is_refused(tmp_path: Path) -> None:
    (tmp_path / "suite").mkdir()
    with pytest.raises(CourseError):
        Assignment.load("toy", tmp_path / "toy.ipynb", tmp_path / "suite")
    (tmp_path / "toy.ipynb").write_bytes(toy.document(toy.solved()))
    with pytest.raises(CourseError):
        Assignment.load("toy", tmp_path / "toy.ipynb", tmp_path / "suite")


def test_a_students_exception_in_a_fixture_is_the_students(graded: Grade, tmp_path: Path) -> None:
    tests = {
        **toy.TESTS,
        "test_double.py": HEAD
        + "pytestmark = pytest.mark.exercise('double')\n"
        + "@pytest.fixture\ndef doubled(student, rng): return student.double(rng.randn(2))\n"
        + "def test_it(doubled): pass\n",
    }
    assignment = toy.write(tmp_path, "fixture", tests)
    assert graded(toy.solved(), assignment=assignment).score == 12
    double = graded(
        toy.solved(double="def double(x): raise KeyError('mine')"), assignment=assignment
    ).exercise("double")
    assert double.verdict is Verdict.FAILED and "KeyError" in double.tests[0].message


def test_a_change_in_place_needs_the_marker(graded: Grade, tmp_path: Path) -> None:
    body = "x, two = torch.ones(3), torch.full((3,), 2.0)\n    assert_close(student.double(x), two)"
    in_place = toy.solved(double="def double(x): return x.mul_(2)")
    double = graded(in_place, assignment=one_test(tmp_path / "a", body)).exercise("double")
    assert double.verdict is Verdict.FAILED and "in place" in double.tests[0].message
    changed = body + "\n    assert_close(x, two)"
    head = HEAD + "pytestmark = pytest.mark.mutates\n"
    marked = one_test(tmp_path / "b", changed, head, double="def double(x): return x.mul_(2)")
    assert graded(in_place, assignment=marked).score == 12


def test_an_endless_generator_and_a_hostile_exception(graded: Grade, tmp_path: Path) -> None:
    endless = toy.solved(double="def double(x):\n    while True: yield 1")
    body, three = "assert len(list(student.double(1))) == 3", "def double(x): return iter([x, x, x])"
    result = graded(endless, assignment=one_test(tmp_path, body, double=three))
    assert "does not end" in result.exercise("double").tests[0].message
    hostile = "class Odd(Exception):\n    def __str__(self): raise SystemExit\ndef double(x): raise Odd"
    assert "Odd" in graded(toy.solved(double=hostile)).exercise("double").tests[0].message


def test_two_assignments_with_files_of_the_same_name(
    graded: Grade, assignment: Assignment, tmp_path: Path
) -> None:
    assert graded(toy.solved()).score == 12
    tripled = toy.write(tmp_path, "other", {k: v.replace("2 * x", "3 * x") for k, v in toy.TESTS.items()})
    assert graded(toy.solved(), assignment=tripled).exercise("double").score == 0
    assert graded(toy.solved()).score == 12


def test_options_in_the_environment_change_no_score(graded: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k nothing -x")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    assert graded(toy.solved()).score == 12


def test_the_suite_sees_no_configuration_of_the_folder_above(tmp_path: Path) -> None:
    suite = tmp_path / "suite"
    suite.mkdir()
    (tmp_path / "conftest.py").write_text("raise RuntimeError")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense")
    (suite / "test_a.py").write_text("def test_a(): pass")
    assert run_pytest(suite, object()) == 0


def test_the_digests_say_what_was_graded(graded: Grade, assignment: Assignment, tmp_path: Path) -> None:
    content, noisy = toy.solved(), copy.deepcopy(toy.solved())
    toy.by_id(noisy, "double")["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x"}]
    toy.by_id(noisy, "double")["metadata"]["collapsed"] = True
    assert graded(content).key == graded(noisy).key
    other = toy.write(
        tmp_path, "toy", {**toy.TESTS, "test_layer.py": toy.TESTS["test_layer.py"] + "\n# changed\n"}
    )
    assert other.suite_digest != assignment.suite_digest
    assert graded(content).suite_digest == assignment.suite_digest


def test_no_traceback_is_formatted(graded: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads one, and formatting them took half of the time of a submission that fails."""

    def formatted(*_: object, **__: object) -> None:
        raise AssertionError("a traceback was formatted")

    monkeypatch.setattr(pytest.Function, "repr_failure", formatted)
    monkeypatch.setattr(pytest.ExceptionInfo, "getrepr", formatted)
    result = graded(
        toy.solved(double="def double(x): raise ValueError", stats="def stats(x, scale=1): return 1")
    )
    assert result.score == 3
    assert {e.id: e.verdict for e in result.exercises} == {
        "double": Verdict.FAILED,
        "stats": Verdict.FAILED,
        "layer": Verdict.PASSED,
    }
