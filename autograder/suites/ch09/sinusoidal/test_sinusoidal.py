"""Hidden suite of `sinusoidal`; the oracle calls math.sin and math.cos for each number. Either order of the channels is
right: alternating, or all sines first.

Tolerance: numbers are at most 1 and were made in float64, so that float32's rounding, 6e-8, is all that differs.
"""

import math

import pytest
import torch

from autograder.testing import assert_close, assert_raises

pytestmark = [
    pytest.mark.exercise("sinusoidal"),
    pytest.mark.shares(runs=7, plain=46, options=28, invariants=19),
]

CLOSE = {"rtol": 1e-5, "atol": 2e-6}


def by_hand(places, width, base, halves):
    """Each number by itself."""
    pairs = [
        [
            (math.sin(t * base ** (-2 * i / width)), math.cos(t * base ** (-2 * i / width)))
            for i in range(width // 2)
        ]
        for t in places
    ]
    rows = [
        [p[0] for p in row] + [p[1] for p in row] if halves else [x for p in row for x in p] for row in pairs
    ]
    return torch.tensor(rows, dtype=torch.float64).float()


def codes(student, length, width, base=None):
    """The student's codes, compared with the order that they are nearer to."""
    got = student.sinusoidal(length, width) if base is None else student.sinusoidal(length, width, base)
    both = [by_hand(range(length), width, base or 10_000.0, halves) for halves in (False, True)]
    if isinstance(got, torch.Tensor) and got.shape == both[0].shape:
        both.sort(key=lambda want: float((got.double() - want.double()).abs().nan_to_num(9.0).max()))
    assert_close(got, both[0], **CLOSE, name="codes")
    return got


def moves(matrix, before, after):
    """The matrix takes each code to the other, whatever the precision of both."""
    assert_close(before.double() @ matrix.double().T, after.double(), **CLOSE, name="codes, shifted")


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student):
    """Codes are (T, P) and float32, the matrix is (P, P)."""
    for got, shape, name in (
        (student.sinusoidal(7, 6), (7, 6), "codes"),
        (student.shift_matrix(2, 6), (6, 6), "matrix"),
    ):
        assert isinstance(got, torch.Tensor), f"the {name} must be a tensor"
        assert got.shape == shape, f"the {name} has shape {shape}, not {tuple(got.shape)}"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("length", "width"), [(5, 8), (9, 6), (3, 16)])
def test_codes(student, length, width):
    """Every number is the sine or cosine of its place times its frequency."""
    codes(student, length, width)


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("shift", "width"), [(1, 6), (3, 8), (7, 4)])
def test_shift(student, shift, width):
    """One matrix takes the code of each place to the code of the place so much later."""
    table = codes(student, 40, width)
    moves(student.shift_matrix(shift, width), table[:-shift], table[shift:])


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_base(student):
    """Another base, whole or not, gives other frequencies, in the codes and in the matrix."""
    for base in (100.0, 3.5):
        table = codes(student, 30, 6, base)
        moves(student.shift_matrix(4, 6, base), table[:-4], table[4:])


@pytest.mark.level("options")
@pytest.mark.parametrize(("length", "width"), [(1, 4), (4, 2), (1, 2), (3, 10)])
def test_edges(student, length, width):
    """One place, one frequency, an odd number of frequencies."""
    codes(student, length, width)


@pytest.mark.level("options")
def test_no_shift(student):
    """A shift of 0 changes nothing."""
    table = codes(student, 30, 6)
    moves(student.shift_matrix(0, 6), table, table)


@pytest.mark.level("options")
@pytest.mark.weight(3)
@pytest.mark.parametrize("shift", [-1, -5])
def test_back(student, shift):
    """A negative shift goes back."""
    table = codes(student, 30, 6)
    moves(student.shift_matrix(shift, 6), table[-shift:], table[:shift])


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_far_shift(student):
    """A shift by 20,000 places has the precision of float32 too."""
    table = student.sinusoidal(20_010, 6)
    moves(student.shift_matrix(20_000, 6), table[:10], table[20_000:])


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_far_away(student):
    """At place 20,000 the codes still have the precision of float32."""
    got = student.sinusoidal(20_001, 4)
    assert got.shape == (20_001, 4), f"the codes have shape (20001, 4), not {tuple(got.shape)}"
    last = range(19_501, 20_001)
    assert_close(
        got[19_501:],
        by_hand(last, 4, 10_000.0, halves=float(got[0, 1]) < 0.5),
        **CLOSE,
        name="codes of the last 500 of 20,001 places",
    )


@pytest.mark.level("invariants")
def test_rotation(student):
    """The matrix is a rotation: its transpose undoes it, and its determinant is 1."""
    matrix = student.shift_matrix(5, 8).double()
    assert_close(
        matrix @ matrix.T, torch.eye(8, dtype=torch.float64), rtol=0, atol=1e-5, name="R times its transpose"
    )
    assert abs(float(torch.linalg.det(matrix)) - 1) < 1e-4, "the determinant is not 1"


@pytest.mark.level("invariants")
def test_shifts_add(student):
    """A shift of 2 and then one of 3 is a shift of 5."""
    two, three, five = (student.shift_matrix(s, 6) for s in (2, 3, 5))
    assert_close(three @ two, five, **CLOSE, name="shift by 2, then by 3")


@pytest.mark.level("invariants")
def test_length_of_a_code(student):
    """Every code has the squared length P / 2, and all places have different codes."""
    table = student.sinusoidal(200, 12)
    assert_close(table.square().sum(1), torch.full((200,), 6.0), **CLOSE, name="squared length")
    nearest = (table @ table.T).fill_diagonal_(0).max()
    assert float(nearest) < 5.999, "two places have the same code"


@pytest.mark.level("contract")
def test_dtype(student):
    """Codes and matrix are float32."""
    assert student.sinusoidal(3, 4).dtype == torch.float32, "codes must be float32"
    assert student.shift_matrix(1, 4).dtype == torch.float32, "the matrix must be float32"


@pytest.mark.level("contract")
def test_odd_width(student):
    """An odd width is a ValueError in both."""
    assert_raises(ValueError, student.sinusoidal, 4, 5)
    assert_raises(ValueError, student.shift_matrix, 1, 5)
