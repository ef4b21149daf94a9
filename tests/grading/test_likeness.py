"""Two records of a test are compared by the difference that matters: the student's from the truth."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from autograder.grading.likeness import judge, regrouped, related, same
from autograder.grading.recording import KEPT_VALUES, Recorder, Trace, frozen, leaves


def answered(*values: Any) -> Trace:
    recorder = Recorder()
    for value in values:
        recorder.answered("call", value, [])
    return recorder.trace


X = torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
TRUTH = answered(X)


@pytest.mark.parametrize("size", [1.0, 1e-4, 1e-7])
def test_a_tolerance_is_relative_to_the_difference_from_the_truth(size: float) -> None:
    """The same mistake written otherwise is recognised, another one of the same size is not, however small both are."""
    mistake, another = X + size * X.sin(), X + size * X.cos()
    assert judge(answered(mistake), answered(mistake * (1 + 1e-12)), TRUTH).like
    assert not judge(answered(mistake), answered(another), TRUTH).like
    assert not judge(answered(mistake), answered(X + 0.9 * size * X.sin()), TRUTH).like


def test_who_answers_the_truth_is_like_nobody() -> None:
    assert not judge(TRUTH, TRUTH, TRUTH).like
    assert not judge(TRUTH, answered(X + 1), TRUTH).like


def test_the_truth_where_another_errs_contradicts_it() -> None:
    """The student is wrong in the second answer alone; a mistake that shows in the first is not the student's."""
    student, other = answered(X, X + 1), answered(X + 2, X + 1)
    assert judge(student, other, answered(X, X)).contradicts
    assert not judge(student, answered(X, X + 3), answered(X, X)).contradicts
    # What comes after a difference was asked of other values.
    assert not judge(answered(X + 1, X), answered(X + 2, X + 3), answered(X, X)).contradicts


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (X, X.float()),
        (X, X.T),
        (X, X.clone().requires_grad_()),
        (X, None),
        (1, True),
        ((1.0, 2.0), [1.0, 2.0]),
        ({"a": 1}, {"b": 1}),
        (X.round().long(), X.round().long() + 1),
        (torch.tensor([1.0, float("nan")]), torch.tensor([1.0, float("inf")])),
    ],
)
def test_what_makes_two_answers_different(one: Any, other: Any) -> None:
    assert not same(answered(one), answered(other))
    assert same(answered(one), answered(one)) and same(answered(other), answered(other))


def test_what_is_asked_changed_and_raised_belongs_to_an_answer() -> None:
    def record(asked: torch.Tensor, changed: list[torch.Tensor], text: str) -> Trace:
        recorder = Recorder()
        recorder.asked("call", [asked], {})
        recorder.answered("call", X, changed)
        recorder.raised("call", ["RuntimeError", "Exception"], text)
        return recorder.trace

    one = record(X, [X], "shapes differ at <Block object at 0x7f12>")
    assert same(one, record(X * (1 + 1e-12), [X], "shapes differ at <Block object at 0x8000>"))
    assert not same(one, record(X + 1, [X], "shapes differ at <Block object at 0x7f12>"))
    assert not same(one, record(X, [], "shapes differ at <Block object at 0x7f12>"))
    assert not same(one, record(X, [X], "another text"))


def test_an_exception_that_the_exercise_asks_for_may_say_what_it_likes() -> None:
    def record(value: torch.Tensor, kind: str, text: str) -> Trace:
        recorder = Recorder()
        recorder.raised("call", [kind], text)
        recorder.answered("call", value, [])
        return recorder.trace

    truth = record(X, "ValueError", "no")
    assert judge(record(X + 1, "ValueError", "not so"), record(X + 1, "ValueError", "never"), truth).like
    assert not judge(record(X + 1, "ValueError", "not so"), record(X + 1, "TypeError", "never"), truth).like


@pytest.mark.parametrize(
    ("kind", "like"), [("ValueError", True), ("RuntimeError", False), ("TypeError", False)]
)
def test_code_that_refuses_good_input_may_say_so_in_its_own_words(kind: str, like: bool) -> None:
    """A ValueError is raised by hand; the words of PyTorch's and Python's own exceptions say what went wrong."""

    def record(text: str) -> Trace:
        recorder = Recorder()
        recorder.raised("call", [kind], text)
        return recorder.trace

    judgement = judge(record("stride must be odd"), record("only odd strides, please"), answered(X))
    assert judgement.like is like


def test_of_a_huge_answer_little_is_kept() -> None:
    """Every test's answers are kept to the end of the submission: of one with millions of parts a sample is."""
    huge: list[object] = [[[] for _ in range(1000)] for _ in range(1000)] + [{"key": ["x" * 100_000] * 2000}]
    kept = frozen(huge)
    assert sum(len(leaf) if isinstance(leaf, str) else 1 for leaf in leaves(kept)) < 10_000
    assert frozen(huge) == kept and frozen(huge[1:]) != kept
    x = torch.randn(300, 400)
    assert len(answered(x)[0].value.data) == 4 * KEPT_VALUES  # type: ignore[union-attr]
    assert same(answered(x), answered(x.clone()))
    assert not same(answered(x), answered(x + 1e-3)) and not same(answered(x), answered(x.T))


def test_what_a_network_is_made_with_is_no_part_of_the_record() -> None:
    """A value that changes later is recorded as it was."""
    x = X.clone()
    trace = answered(x)
    x += 1
    assert same(trace, TRUTH)


def test_asking_for_two_batches_at_once_is_style() -> None:
    """A function of the test's is asked once for both halves, or twice, in either order; other times are a mistake."""
    times = torch.arange(3)

    def record(*batches: tuple[torch.Tensor, torch.Tensor], answer: torch.Tensor) -> Trace:
        recorder = Recorder()
        for x, t in batches:
            recorder.asked("call", [x, t], {})
        recorder.answered("call", answer, [])
        return recorder.trace

    one, other, wrong = (X, times), (-X, times), (X, times + 1)
    truth = record(one, other, answer=X)
    student = record(one, other, answer=X + 1)
    together = record((torch.cat([-X, X]), torch.cat([times, times])), answer=X + 1)
    assert (
        judge(student, together, truth).like and judge(student, record(other, one, answer=X + 1), truth).like
    )
    assert not judge(student, record(wrong, other, answer=X + 1), truth).like
    assert judge(student, record(wrong, other, answer=X + 1), truth).contradicts
    assert not judge(student, together, truth).contradicts


def test_what_is_farther_from_the_student_than_the_truth_is() -> None:
    student = answered(X + 1)
    assert judge(student, answered(X - 1), TRUTH).farther
    assert not judge(student, answered(X + 1.1), TRUTH).farther
    assert not judge(student, answered(X * float("nan")), TRUTH).farther, "NaN is at no distance"


def test_which_items_of_a_batch_are_equal_is_seen_whatever_their_numbers() -> None:
    blind, other = X[:1].expand(3, 4), (2 * X[1:2]).expand(3, 4)
    assert related(answered(blind), answered(other))
    assert not related(answered(blind), TRUTH)
    assert not related(answered(blind), answered(torch.cat([X[:1], X[1:2], X[1:2]])))


@pytest.mark.parametrize("count", [16, 32, 40, 50])
def test_what_is_kept_of_a_large_tensor_is_not_cut_into_items(count: int) -> None:
    """Of 2,000 values and more some are kept, which belong to no item of the batch that could be told."""

    def asked(*batches: torch.Tensor) -> Trace:
        recorder = Recorder()
        for batch in batches:
            recorder.asked("call", [batch], {})
        return recorder.trace

    batch = torch.randn(count, 4000 // count, generator=torch.Generator().manual_seed(0))
    assert same(regrouped(asked(batch)), asked(batch))
    small = batch[:, :2].contiguous()
    assert same(regrouped(asked(small)), regrouped(asked(small[: count // 2], small[count // 2 :])))
