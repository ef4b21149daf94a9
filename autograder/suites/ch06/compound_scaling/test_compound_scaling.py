"""Hidden suite of `compound_scaling`: rules by exact arithmetic, and the published counts by formula."""

import itertools
import math
from fractions import Fraction

import pytest

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("compound_scaling"),
    pytest.mark.shares(runs=11, plain=31, options=33, invariants=31),
]

B0 = [
    *((1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3)),
    *((6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3)),
]


def nearest(channels, width, divisor=8):
    """The rule by trying multiples, in exact fractions."""
    wanted = channels * Fraction(str(width))
    multiples = [divisor * k for k in range(1, int(wanted) // divisor + 3)]
    best = min(multiples, key=lambda m: (abs(m - wanted), -m))
    return best if best >= Fraction(9, 10) * wanted else best + divisor


@pytest.mark.gate
@pytest.mark.level("runs")
def test_runs(student):
    """Channels are an int, rows a list of rows of five numbers, rates a list."""
    assert type(student.round_channels(24, 1.4)) is int, "a number of channels is an int"
    rows = student.scale_rows(B0, 1.0, 1.0)
    assert isinstance(rows, list) and all(isinstance(row, (tuple, list)) and len(row) == 5 for row in rows), (
        "scale_rows gives a list of rows of five numbers"
    )
    assert isinstance(student.drop_rates(B0, 0.2), list), "drop_rates gives a list"


@pytest.mark.level("plain")
@pytest.mark.parametrize(
    ("channels", "width"), [(24, 1.4), (32, 1.1), (40, 1.0), (320, 1.4), (1280, 1.4), (16, 2.2)]
)
def test_nearest_multiple(student, channels, width):
    """Channels become the nearest multiple of 8."""
    assert_close(
        student.round_channels(channels, width),
        nearest(channels, width),
        name=f"round_channels({channels}, {width})",
    )


def rounds(student, *cases):
    """round_channels of each case against the nearest multiple."""
    for channels, width, divisor in cases:
        got = student.round_channels(channels, width, divisor)
        want = nearest(channels, width, divisor)
        assert_close(got, want, name=f"round_channels({channels}, {width}, {divisor})")


@pytest.mark.level("options")
def test_halves_go_upwards(student):
    """Halfway between two multiples the larger one is taken: to the even one below, 52 would go to 48."""
    rounds(student, (52, 1.0, 8), (84, 1.0, 8), (20, 1.0, 8), (28, 1.0, 8), (21, 2.0, 4))


@pytest.mark.level("options")
def test_ninety_percent(student):
    """No result is less than 90% of width * channels, as it is and not cut to an int; exactly 90% is enough."""
    rounds(student, (10, 1.0, 8), (9, 1.1, 8), (19, 1.0, 16), (11, 1.0, 4), (89, 0.4, 8), (10, 1.0, 9))


@pytest.mark.level("options")
def test_at_least_the_divisor(student):
    """No result is less than the divisor, whatever the divisor is."""
    rounds(student, (3, 0.5, 8), (1, 1.0, 8), (24, 0.5, 8), (1, 1.0, 16), (1, 1.0, 4))


@pytest.mark.level("plain")
@pytest.mark.weight(1.4)
@pytest.mark.parametrize(("width", "depth"), [(1.0, 1.1), (1.4, 1.8), (1.2, 1.0), (1.0, 1.0)])
def test_rows(student, width, depth):
    """Channels are rounded, repeats are rounded up, everything else of a row stays."""
    want = [(e, nearest(c, width), math.ceil(Fraction(str(depth)) * n), s, k) for e, c, n, s, k in B0]
    got = student.scale_rows(list(B0), width, depth)
    assert len(got) == len(want), f"{len(want)} rows become {len(got)}"
    for i, (one, other) in enumerate(zip(got, want, strict=True)):
        assert_close(tuple(one), other, name=f"row {i} at width {width}, depth {depth}")


@pytest.mark.level("options")
@pytest.mark.weight(2.5)
@pytest.mark.parametrize(
    ("rows", "last"), [(B0, 0.2), (B0[:1], 0.5), ([(6, 8, 5, 1, 3), (6, 8, 2, 2, 5)], 0.7), (B0[:3], 1)]
)
def test_rates(student, rows, last):
    """Block number i of n has rate last * i / n, n being the blocks of the rows that are given."""
    total = sum(row[2] for row in rows)
    got = student.drop_rates(list(rows), last)
    assert len(got) == total, f"there are {total} blocks and {len(got)} rates"
    assert all(type(rate) is float for rate in got), "rates are floats"
    for i, rate in enumerate(got):
        assert_close(rate, last * i / total, rtol=1e-9, atol=1e-12, name=f"rate of block {i} of {total}")


def efficientnet_count(rows, stem, head):
    """Parameters of an EfficientNet with 1000 classes, by formula."""
    total, c = 27 * stem + 2 * stem, stem
    for expand, out, repeats, _, kernel in rows:
        for _ in range(repeats):
            wide, squeezed = expand * c, max(1, c // 4)
            total += c * wide + 2 * wide if expand != 1 else 0
            total += (
                kernel**2 * wide + 2 * wide + 2 * wide * squeezed + squeezed + wide + wide * out + 2 * out
            )
            c = out
    return total + c * head + 2 * head + (head + 1) * 1000


@pytest.mark.level("plain")
@pytest.mark.parametrize(
    ("width", "depth", "want"),
    [(1.0, 1.0, 5_288_548), (1.0, 1.1, 7_794_184), (1.4, 1.8, 19_341_616)],
    ids=["B0", "B1", "B4"],
)
def test_published_counts(student, width, depth, want):
    """EfficientNet-B0, B1 and B4 of these rows have their published numbers of parameters."""
    stem, head = student.round_channels(32, width), student.round_channels(1280, width)
    found = efficientnet_count(student.scale_rows(list(B0), width, depth), stem, head)
    assert found == want, f"the network has {found:,} parameters, published are {want:,}"


@pytest.mark.level("invariants")
def test_rounding_everywhere(student, rng):
    """The rule holds for many numbers of channels and widths."""
    for channels, width in itertools.product(rng.randint(1, 400, (12,)).tolist(), (0.35, 1.0, 1.25, 2.5)):
        got = student.round_channels(channels, width)
        assert_close(got, nearest(channels, width), name=f"round_channels({channels}, {width})")


@pytest.mark.level("invariants")
def test_table_stays(student):
    """The given table stays as it is, and a scaled table gets rates for its own blocks."""
    table = list(B0)
    deeper = student.scale_rows(table, 1.4, 1.8)
    assert table == B0, "the given table has changed"
    rates = student.drop_rates(deeper, 0.2)
    assert len(rates) == 32 and max(rates) < 0.2, (
        f"B4 has 32 blocks; the largest of {len(rates)} rates is {max(rates):.3f}"
    )


@pytest.mark.level("contract")
def test_rows_are_tuples(student):
    """A row stays a tuple."""
    for i, row in enumerate(student.scale_rows(list(B0), 1.2, 1.4)):
        assert isinstance(row, tuple), f"row {i} is a {type(row).__name__}"
