"""Hidden suite of `rotary`. Which channels form a pair, and in which direction they turn, is left to the student: the
tests ask what holds for every right choice. The product of a unit vector with itself, turned, is the cosine of its
pair's angle, and so the speeds can be read off whatever the pairing.
"""

import pytest
import torch

from autograder.testing import assert_close, assert_raises, gradcheck

pytestmark = [pytest.mark.exercise("rotary"), pytest.mark.shares(runs=6, plain=41, options=32, invariants=21)]


def cosines(student, d, position, base=None, dtype=torch.float64):
    """The cosines of all channels' angles at a position, in ascending order."""
    rows = torch.eye(d, dtype=dtype)[None, :, None]
    options = {} if base is None else {"base": base}
    turned = student.rotary(rows, torch.tensor([position]), **options)
    return torch.diagonal(turned[0, :, 0]).sort().values


def wanted(d, position, base=10_000.0):
    angles = position * base ** (-torch.arange(0, d, 2, dtype=torch.float64) / d)
    return angles.cos().repeat_interleave(2).sort().values


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """The shape stays, and something is turned."""
    x = rng.randn(2, 3, 4, 6)
    y = student.rotary(x, torch.arange(4))
    assert tuple(y.shape) == (2, 3, 4, 6), f"for (2, 3, 4, 6) the shape is {tuple(y.shape)}"
    assert not torch.equal(y, x), "nothing is turned"


@pytest.mark.level("plain")
@pytest.mark.weight(6)
@pytest.mark.parametrize("d", [2, 4, 6, 16])
def test_speeds(student, d):
    """Each pair turns at its speed."""
    for position in (1, 3, 40):
        assert_close(cosines(student, d, position), wanted(d, position), rtol=1e-7, atol=1e-9, name="cosines")


@pytest.mark.level("plain")
@pytest.mark.weight(9)
def test_distance_alone(student, rng):
    """The product of a query and a key depends on the difference of their positions alone, and on that it does."""
    q, k = (rng.randn(2, 3, 1, 8, dtype=torch.float64) for _ in range(2))

    def product(a, b):
        return (student.rotary(q, torch.tensor([a])) * student.rotary(k, torch.tensor([b]))).sum(-1)

    for a, b in ((0, 5), (9, 2), (4, 4)):
        for shift in (1, 17, 500):
            assert_close(product(a + shift, b + shift), product(a, b), rtol=1e-7, atol=1e-9, name="product")
    assert (product(3, 0) - product(0, 3)).abs().max().item() > 1e-3, (
        "the sign of the distance does not matter"
    )
    assert (product(3, 0) - product(2, 0)).abs().max().item() > 1e-3, "the distance does not matter"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_a_sequence(student, rng):
    """Each token of a sequence is turned by its own position, alike in every head and sequence."""
    x = rng.randn(1, 1, 5, 6, dtype=torch.float64)
    together = student.rotary(x, torch.arange(5))
    for t in range(5):
        alone = student.rotary(x[:, :, t : t + 1], torch.tensor([t]))
        assert_close(together[:, :, t : t + 1], alone, rtol=1e-7, atol=1e-9, name=f"token {t}")
    many = student.rotary(x.expand(3, 4, 5, 6), torch.arange(5))
    assert_close(
        many, together.expand(3, 4, 5, 6), rtol=1e-7, atol=1e-9, name="the same in all heads and sequences"
    )


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_any_positions(student, rng):
    """Positions may begin anywhere, be out of order and repeat."""
    positions = torch.tensor([12, 3, 3, 700])
    # As many sequences as tokens: positions of one axis are those of all sequences all the same.
    x = rng.randn(4, 3, 4, 6, dtype=torch.float64)
    got = student.rotary(x, positions)
    for t, position in enumerate(positions.tolist()):
        alone = student.rotary(x[:, :, t : t + 1], torch.tensor([position]))
        assert_close(got[:, :, t : t + 1], alone, rtol=1e-7, atol=1e-9, name=f"token {t}")


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_positions_of_each_sequence(student, rng):
    """Each sequence may have positions of its own: a prompt with padding on its left starts late."""
    x = rng.randn(3, 2, 4, 6, dtype=torch.float64)
    positions = torch.tensor([[0, 1, 2, 3], [0, 0, 0, 1], [5, 9, 2, 4]])
    got = student.rotary(x, positions)
    for n in range(3):
        assert_close(
            got[n], student.rotary(x[n : n + 1], positions[n])[0], rtol=1e-7, atol=1e-9, name=f"sequence {n}"
        )
    # As many sequences as tokens, and as heads: broadcasting along the wrong axis gives no error.
    square = rng.randn(4, 4, 4, 6, dtype=torch.float64)
    places = rng.randint(0, 50, (4, 4))
    got = student.rotary(square, places)
    for n in range(4):
        want = student.rotary(square[n : n + 1], places[n])[0]
        assert_close(got[n], want, rtol=1e-7, atol=1e-9, name=f"sequence {n} of four")


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize("base", [100.0, 500_000.0])
def test_base(student, base):
    """The base sets the speeds."""
    assert_close(cosines(student, 8, 3, base), wanted(8, 3, base), rtol=1e-7, atol=1e-9, name="cosines")


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_far_positions(student):
    """At position 100,000 the angles are right in float64."""
    assert_close(cosines(student, 8, 99_999), wanted(8, 99_999), rtol=1e-6, atol=1e-8, name="cosines")


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_bfloat16(student):
    """For bfloat16 numbers the angles are computed in float32: at position 1,001 they are still right."""
    got = cosines(student, 16, 1001, dtype=torch.bfloat16)
    assert got.dtype == torch.bfloat16, f"the result has dtype {got.dtype}"
    # Rounding to bfloat16 costs 0.004; an angle of 1,001 in bfloat16 is off by up to 4 radians.
    assert_close(got.double(), wanted(16, 1001), rtol=0, atol=0.01, name="cosines")


@pytest.mark.level("options")
def test_views(student, rng):
    """Heads that come from a transposed tensor are turned too."""
    x = rng.randn(2, 5, 3, 4, dtype=torch.float64)
    got = student.rotary(x.transpose(1, 2), torch.arange(5))
    want = student.rotary(x.transpose(1, 2).contiguous(), torch.arange(5))
    assert_close(got, want, rtol=1e-9, atol=1e-12, name="a view")


@pytest.mark.level("invariants")
@pytest.mark.weight(4)
def test_norm_is_kept(student, rng):
    """Turning keeps the norm of every token, and position 0 changes nothing."""
    x = rng.randn(2, 3, 7, 10, dtype=torch.float64)
    got = student.rotary(x, 13 * torch.arange(7))
    assert_close(got.norm(dim=-1), x.norm(dim=-1), rtol=1e-7, atol=1e-9, name="norms")
    assert_close(got[:, :, 0], x[:, :, 0], rtol=1e-7, atol=1e-9, name="the token at position 0")


@pytest.mark.level("invariants")
@pytest.mark.weight(4)
def test_turns_add_up(student, rng):
    """Turned by 4 and then by 7 is turned by 11."""
    x = rng.randn(1, 2, 3, 8, dtype=torch.float64)
    four, seven, eleven = (torch.full((3,), p) for p in (4, 7, 11))
    got = student.rotary(student.rotary(x, four), seven)
    assert_close(got, student.rotary(x, eleven), rtol=1e-7, atol=1e-9, name="turned twice")


@pytest.mark.level("invariants")
@pytest.mark.weight(4)
def test_one_direction(student):
    """All pairs turn the same way round."""
    for d in (4, 6, 16):
        own = torch.eye(d, dtype=torch.float64)[None, None]
        partners = student.rotary(own, torch.ones(d, dtype=torch.int64))[0, 0].detach().triu(1)
        signs = partners[partners.abs() > 1e-7].sign()
        assert len(signs) == d // 2, f"{d} channels have {len(signs)} pairs"
        assert bool((signs == signs[0]).all()), f"of {d} channels some pairs turn the other way"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_gradient(student, rng):
    """A gradient reaches x, and a part of the batch gets its own alone."""
    x = rng.randn(2, 2, 3, 4, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda y: student.rotary(y, torch.tensor([2, 0, 9])), (x,))


@pytest.mark.level("invariants")
def test_two_widths(student):
    """A call with another width or base after the first one is right as well."""
    for d, base in ((4, None), (8, None), (4, 50.0), (4, None)):
        want = wanted(d, 2) if base is None else wanted(d, 2, base)
        assert_close(cosines(student, d, 2, base), want, rtol=1e-7, atol=1e-9, name="cosines")


@pytest.mark.level("contract")
def test_odd_width(student, rng):
    """An odd width has no pairs, and is refused."""
    assert_raises(ValueError, student.rotary, rng.randn(1, 1, 2, 5), torch.arange(2))
