"""Hidden suite of `scores`; the oracle computes each score by itself, pair by pair.

Tolerance: scores are sums of at most 60 products near 1, so float32 agrees to 1e-5 and mistakes show from 1e-2 on.
"""

import pytest
import torch

from autograder.testing import assert_close, assert_raises, gradcheck

pytestmark = [
    pytest.mark.exercise("scores"),
    pytest.mark.shares(runs=4, plain=46, options=27, invariants=23),
]

FLOAT32 = {"rtol": 1e-4, "atol": 2e-5}
FLOAT64 = {"rtol": 1e-9, "atol": 1e-11}
KINDS = ("dot", "general", "additive")
NAMES = {"dot": ("q", "k"), "general": ("q", "k", "w"), "additive": ("q", "k", "w_q", "w_k", "u")}


def given(rng, kind, n, m, l_keys, d, key_width, a, dtype=torch.float32, requires_grad=False):
    """The arguments of a score function."""
    if kind == "dot":
        key_width = d
    shapes = {
        "dot": (),
        "general": ((d, key_width),),
        "additive": ((a, d), (a, key_width), (a,)),
    }[kind]
    return tuple(
        (0.8 * rng.randn(*s, dtype=dtype)).requires_grad_(requires_grad)
        for s in ((n, m, d), (n, l_keys, key_width), *shapes)
    )


def one_score(kind, q, k, weights):
    """The score of one query with one key, both vectors."""
    if kind == "dot":
        return (q * k).sum()
    if kind == "general":
        return (q[:, None] * weights[0] * k).sum()
    w_q, w_k, u = weights
    return (u * torch.tanh((w_q * q).sum(1) + (w_k * k).sum(1))).sum()


def pair_by_pair(kind, q, k, *weights):
    """All scores (N, M, L)."""
    rows = [
        [torch.stack([one_score(kind, one, key, weights) for key in keys]) for one in queries]
        for queries, keys in zip(q, k, strict=True)
    ]
    return torch.stack([torch.stack(row) for row in rows])


def function(student, kind):
    return getattr(student, f"{kind}_scores")


def agrees(student, rng, kind, n, m, l_keys, d, key_width, a, dtype=torch.float32):
    args = given(rng, kind, n, m, l_keys, d, key_width, a, dtype)
    close = FLOAT64 if dtype == torch.float64 else FLOAT32
    assert_close(function(student, kind)(*args), pair_by_pair(kind, *args), **close, name=f"{kind} scores")


@pytest.mark.level("runs")
@pytest.mark.parametrize("kind", KINDS)
def test_shape(student, rng, kind):
    """Scores have the shape (N, M, L)."""
    got = function(student, kind)(*given(rng, kind, 2, 3, 5, 4, 6, 7))
    assert isinstance(got, torch.Tensor), "scores must be a tensor"
    assert got.shape == (2, 3, 5), f"{kind} scores have shape (2, 3, 5), not {tuple(got.shape)}"


@pytest.mark.level("plain")
@pytest.mark.weight(4)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sizes", [(2, 3, 5, 4, 6, 7), (3, 4, 2, 5, 3, 1)])
def test_against_pairs(student, rng, kind, sizes):
    """Every score is the one of its query and its key, calculated alone."""
    agrees(student, rng, kind, *sizes)


@pytest.mark.level("plain")
@pytest.mark.weight(4)
@pytest.mark.parametrize("size", [3, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_square(student, rng, kind, size):
    """Also where all sizes are equal, so that no shape tells what belongs where."""
    agrees(student, rng, kind, size, size, size, size, size, size)


@pytest.mark.level("plain")
@pytest.mark.weight(5)
@pytest.mark.parametrize("kind", KINDS)
def test_cost(student, kind):
    """Parameters and multiplications are those of the rules, for several sizes."""
    for sizes in ((3, 5, 4, 6, 7), (1, 9, 8, 2, 3), (9, 2, 3, 5, 4), (20, 30, 64, 128, 48)):
        m, l_keys, d, key_width, a = sizes
        want = {
            "dot": (0, m * l_keys * d),
            "general": (d * key_width, m * d * key_width + m * l_keys * key_width),
            "additive": (a * (d + key_width + 1), m * d * a + l_keys * key_width * a + m * l_keys * a),
        }[kind]
        args = {"dot": (), "general": (key_width,), "additive": (key_width, a)}[kind]
        got = student.score_cost(kind, m, l_keys, d, *args)
        assert isinstance(got, (tuple, list)) and len(got) == 2, (
            "score_cost returns (parameters, multiplications)"
        )
        for number, right, name in zip(got, want, ("parameters", "multiplications"), strict=True):
            assert number == right, f"{kind}: {number} {name} instead of {right} for the sizes {sizes}"


@pytest.mark.level("options")
@pytest.mark.weight(5)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "sizes", [(1, 3, 4, 2, 5, 3), (2, 1, 4, 3, 2, 5), (3, 2, 1, 4, 3, 2), (1, 1, 1, 1, 1, 1)]
)
def test_edges(student, rng, kind, sizes):
    """A batch of one, one query, one key, width 1."""
    agrees(student, rng, kind, *sizes)


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize("kind", KINDS)
def test_views(student, rng, kind):
    """Transposed and expanded arguments give the same."""
    q, k, *weights = given(rng, kind, 3, 4, 2, 5, 6, 7)
    q = q.transpose(0, 1).contiguous().transpose(0, 1)
    k = k[:1].expand(3, 2, k.shape[2])
    weights = [w.T.contiguous().T if w.dim() == 2 else w for w in weights]
    assert_close(
        function(student, kind)(q, k, *weights), pair_by_pair(kind, q, k, *weights), **FLOAT32, name="scores"
    )


@pytest.mark.level("options")
def test_saturated(student, rng):
    """Hidden units that are far from 0 are tanh, not linear: the scores stay below the sum of |u|."""
    q, k, w_q, w_k, u = given(rng, "additive", 2, 3, 4, 5, 2, 6)
    got = student.additive_scores(100 * q, 100 * k, w_q, w_k, u)
    assert_close(
        got, pair_by_pair("additive", 100 * q, 100 * k, w_q, w_k, u), rtol=1e-3, atol=1e-4, name="scores"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
@pytest.mark.parametrize("kind", KINDS)
def test_gradients(student, rng, kind):
    """Gradients reach all arguments, with finite differences as the judge."""
    args = given(rng, kind, 2, 3, 2, 2, 3, 2, torch.float64, requires_grad=True)
    assert gradcheck(function(student, kind), args, names=NAMES[kind])


@pytest.mark.level("invariants")
@pytest.mark.parametrize("kind", KINDS)
def test_pairs_are_separate(student, rng, kind):
    """A score depends on its own query and key alone: changing the last key of an example changes one column of it."""
    q, k, *weights = given(rng, kind, 2, 3, 4, 5, 3, 6)
    before = function(student, kind)(q, k, *weights)
    k[1, 3] += 1.0
    after = function(student, kind)(q, k, *weights)
    assert_close(after[0], before[0], **FLOAT32, name="scores of the other example")
    assert_close(after[1, :, :3], before[1, :, :3], **FLOAT32, name="scores of the other keys")
    assert not torch.allclose(after[1, :, 3], before[1, :, 3]), (
        "the scores of the changed key stay as they were"
    )


@pytest.mark.level("contract")
@pytest.mark.parametrize("kind", KINDS)
def test_dtype(student, rng, kind):
    """float64 in, float64 out, with float64's precision."""
    agrees(student, rng, kind, 2, 3, 4, 5, 2, 6, torch.float64)


@pytest.mark.level("contract")
def test_other_kinds(student):
    """A kind that does not exist is a ValueError."""
    for kind in ("product", "add", "Dot", "general ", ""):
        assert_raises(ValueError, student.score_cost, kind, 2, 3, 4, 5, 6)
