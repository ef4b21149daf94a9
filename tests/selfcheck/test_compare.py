"""Comparisons: what passes, what each failure says, and what no failure ever says."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from selfcheck.compare import Mismatch, assert_close, assert_raises, gradcheck, revealing
from selfcheck.errors import StudentError


def mismatch(got, want, **options) -> Mismatch:
    with pytest.raises(Mismatch) as caught:
        assert_close(got, want, **options)
    return caught.value


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (torch.ones(2, 3), torch.ones(2, 3) + 1e-6),
        (torch.nn.Parameter(torch.ones(2)), torch.ones(2)),
        (torch.tensor([math.nan, math.inf, -math.inf]), torch.tensor([math.nan, math.inf, -math.inf])),
        (torch.empty(0, 3), torch.empty(0, 3)),
        (torch.tensor([True, False]), torch.tensor([True, False])),
        (torch.ones(3, 1).expand(3, 4), torch.ones(3, 4)),
        (torch.arange(6.0).reshape(2, 3).T, torch.arange(6.0).reshape(2, 3).T.contiguous()),
        (3, 3),
        (3, 3.0),
        (np.float32(0.5), 0.5),
        (True, True),
        ((1, [2.0, None]), (1, [2.0, None])),
        ({"a": torch.zeros(1), "b": "x"}, {"b": "x", "a": torch.zeros(1)}),
        (torch.zeros(2, 3).shape, (2, 3)),
        (2**200, 2**200),
    ],
)
def test_equal_values_pass(got, want):
    assert_close(got, want)


@pytest.mark.parametrize(
    ("got", "want", "kind", "words"),
    [
        (None, torch.ones(2), "type", "None instead of a torch.Tensor. Is a `return` missing?"),
        ([1.0], torch.ones(1), "type", "a list instead of a torch.Tensor"),
        (np.ones(2), torch.ones(2), "type", "of type ndarray"),
        (1.0, 1, "type", "a float instead of an int"),
        (True, 1, "type", "a bool instead of an int"),
        (torch.tensor(1.0), 1.0, "type", "a torch.Tensor instead of a float"),
        (
            torch.ones(2, dtype=torch.float64),
            torch.ones(2),
            "dtype",
            "torch.float64 instead of torch.float32",
        ),
        (torch.ones(2, 3), torch.ones(3, 2), "shape", "Axes 0 and 1 are swapped."),
        (torch.ones(4, 1), torch.ones(4), "shape", "an axis of size 1 too many"),
        (torch.ones(2, 6), torch.ones(3, 4), "shape", "The number of values is right"),
        (torch.ones(2, device="meta"), torch.ones(2), "type", "on meta"),
        (torch.tensor([1.0, math.nan]), torch.ones(2), "nan", "is NaN at [1]"),
        (torch.tensor([1.0, math.inf]), torch.ones(2), "inf", "is infinite at [1]"),
        (torch.tensor([-math.inf]), torch.tensor([math.inf]), "values", "values differ"),
        (math.nan, 1.0, "nan", "is NaN"),
        (2**62 + 1, 2**62, "values", "off by"),
        (torch.tensor([2**62 + 1]), torch.tensor([2**62]), "values", "1 of 1 values differ"),
        ((1, 2), (1, 2, 3), "shape", "2 entries instead of 3"),
        ((1, 2), (1, 3), "values", "output[1]"),
        ({"a": 1, "c": 1}, {"a": 1, "b": 2}, "shape", "lacks 'b' and has 1 keys too many"),
        ("a", "b", "values", "'a' instead of 'b'"),
    ],
)
def test_what_a_failure_says(got, want, kind, words):
    failure = mismatch(got, want)
    assert failure.kind == kind
    assert words in str(failure)


def test_the_first_differing_place_and_the_size_of_the_difference():
    want = torch.zeros(2, 3, 4)
    got = want.clone()
    got[0, 2, 1], got[1, 0, 0] = 0.25, -3.0
    failure = mismatch(got, want, name="y")
    assert failure.index == (0, 2, 1)
    assert (failure.differing, failure.total, failure.abs_error) == (2, 24, 0.25)
    assert str(failure).startswith(
        "y is wrong: 2 of 24 values differ; the first at [0, 2, 1] is 0.25 instead of 0,"
    )
    assert "off by 0.25 (at most 3)" in str(failure)


def grid() -> torch.Tensor:
    return torch.randn(4, 5, 5, generator=torch.Generator().manual_seed(0)) + 0.3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: -x, "sign is flipped"),
        (lambda x: 3 * x, "Every value is 3 times"),
        (lambda x: x / 4, "Every value is 1/4 of"),
        (lambda x: x + 0.5, "off by the same amount"),
        (lambda x: x.transpose(-1, -2), "last two axes are swapped"),
        (lambda x: x.flip(-1), "right but stand in the wrong places"),
        (lambda x: x * 0, "Every value is zero"),
        (lambda x: x * (1 + 1e-3 * x), "further off than rounding"),
    ],
)
def test_telling_patterns_are_named(change, words):
    assert words in mismatch(change(grid()), grid()).remark


PLACES = [
    (lambda x: torch.nn.functional.pad(x[:, 1:-1, 1:-1], (1, 1, 1, 1)), "NHW", "Only the border is wrong"),
    (lambda x: torch.cat([x[:1], x[1:] * x[1:]]), "NHW", "Only the first item of the batch is right"),
    (lambda x: torch.cat([x[:, :1], x[:, 1:] ** 2], 1), "NCW", "Only the first channel is right"),
]


@pytest.mark.parametrize(("change", "axes", "words"), PLACES)
def test_places_are_named_where_the_test_says_what_the_axes_are(change, axes, words):
    assert words in mismatch(change(grid()), grid(), axes=axes).remark
    assert mismatch(change(grid()), grid()).remark == "", (
        "parameters of an optimiser have no border and no batch"
    )


@pytest.mark.parametrize(
    ("got", "axes"),
    [
        # One wrong value, or one item of two that is right, stands there by chance.
        (grid() + torch.eye(100)[3].reshape(4, 5, 5), "NHW"),
        (torch.stack([grid()[0], grid()[1] ** 2]), "NHW"),
        (grid() + torch.eye(100)[30].reshape(4, 5, 5) + torch.eye(100)[60].reshape(4, 5, 5), "NHW"),
    ],
)
def test_by_chance_no_place_is_named(got, axes):
    assert mismatch(got, grid()[: len(got)], axes=axes).remark == ""


def test_a_missing_gradient_is_called_so():
    failure = mismatch(None, torch.zeros(3), name="gradient in the image")
    assert failure.kind == "gradient"
    assert str(failure).startswith("gradient in the image is missing: no gradient reaches the image.")
    assert "`return` missing" in str(mismatch(None, torch.zeros(3)))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31 - 1), st.floats(0.01, 100))
def test_a_hidden_comparison_never_shows_either_number(seed, scale):
    generator = torch.Generator().manual_seed(seed)
    want = torch.randn(3, 4, generator=generator)
    got = want + scale * torch.randn(3, 4, generator=generator)
    with revealing(False):
        failure = mismatch(got, want)
    said = str(failure)
    assert "instead of" not in said
    sizes = re.findall(r"(?:off by|at most) ([0-9.e+-]+?)[ ).]", said)
    assert sizes
    for size in sizes:  # one significant digit
        assert len(size.split("e")[0].replace(".", "").strip("0")) <= 1, said


def test_a_hidden_integer_is_not_told_by_its_distance():
    with revealing(False):
        assert str(mismatch(0, 5)) == "output is wrong."
        failure = mismatch(torch.tensor([0, 0]), torch.tensor([0, 57]))
    assert str(failure) == "output is wrong: 1 of 2 values differ; the first at [1]. Every value is zero."


def test_hidden_text_and_numbers_are_not_shown():
    with revealing(False):
        assert "secret" not in str(mismatch("guess", "secret"))
        assert "12345" not in str(mismatch(12, 12345))
    assert "12345" in str(mismatch(12, 12345))


def test_a_foreign_object_is_never_asked_anything():
    class Hostile:
        def __getattribute__(self, name):
            raise SystemExit

        __eq__ = __repr__ = __str__ = __format__ = __len__ = __iter__ = __bool__ = __getattribute__  # type: ignore[assignment]

    for want in (torch.ones(2), 1.0, 1, None, "x", (1,), {"a": 1}):
        assert "Hostile" in str(mismatch(Hostile(), want))


def test_a_tensor_subclass_is_no_tensor():
    class Agreeable(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return torch.tensor(False)

    assert mismatch(torch.ones(2).as_subclass(Agreeable), torch.zeros(2)).kind == "type"


def test_assert_raises_takes_real_and_reported_exceptions():
    def student(names):
        raise StudentError(names, "no")

    def fail():
        raise KeyError("k")

    assert_raises(ValueError, student, ("MyError", "ValueError", "Exception"))
    assert_raises(LookupError, fail)
    assert_raises((TypeError, ValueError), student, ("TypeError", "Exception"))
    with pytest.raises(Mismatch, match="should raise ValueError, but returned"):
        assert_raises(ValueError, lambda: None)
    with pytest.raises(Mismatch, match="should raise ValueError, but raised TypeError: no"):
        assert_raises(ValueError, student, ("TypeError", "Exception"))
    with pytest.raises(StudentError, match="not written|no"):  # a skeleton is no RuntimeError
        assert_raises(RuntimeError, student, ("NotImplementedError", "RuntimeError", "Exception"))


class _WrongSquare(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.saved_tensors[0]


def test_gradcheck_names_the_gradient():
    x = torch.randn(3, dtype=torch.float64, requires_grad=True)
    w = torch.randn(3, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda x, w: x * w, (x, w))
    with pytest.raises(Mismatch, match="gradient of w does not agree") as caught:
        gradcheck(lambda x, w: x * _WrongSquare.apply(w), (x, w), names=["x", "w"])
    assert "tensor(" not in str(caught.value)
    with pytest.raises(Mismatch, match="does not reach"):
        gradcheck(lambda x: (x * x).detach(), (x,))
    with pytest.raises(Mismatch, match="keep the dtype"):
        gradcheck(lambda x: x.float(), (x,))
    with pytest.raises(Mismatch, match="None instead of"):
        gradcheck(lambda x: None, (x,))
