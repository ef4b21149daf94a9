"""Hidden suite of `scaled_dot_product`; the oracle is F.scaled_dot_product_attention, and a softmax over the
open places alone, row by row.

Tolerance: outputs are means of numbers near 1, so float32 agrees to 1e-6 and mistakes show from 1e-2 on.
"""

import math

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_close, gradcheck

pytestmark = [
    pytest.mark.exercise("scaled_dot_product"),
    pytest.mark.shares(runs=4, plain=27, options=47, invariants=22),
]

FLOAT32 = {"rtol": 1e-4, "atol": 1e-5}
FLOAT64 = {"rtol": 1e-9, "atol": 1e-11}
EXACT = {"rtol": 0, "atol": 0}


def row_by_row(scores, mask):
    """The softmax of each row's open places; 0 elsewhere, and everywhere in a closed row."""
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask.expand_as(scores)
    weights = torch.zeros_like(scores)
    for place in torch.cartesian_prod(*(torch.arange(n) for n in scores.shape[:-1])).reshape(
        -1, scores.dim() - 1
    ):
        row = tuple(place.tolist())
        if bool(mask[row].any()):
            weights[row][mask[row]] = scores[row][mask[row]].softmax(0)
    return weights


def given(rng, lead, m, l_keys, d, e, dtype=torch.float32, requires_grad=False):
    """q, k and v."""
    return tuple(
        rng.randn(*lead, *size, dtype=dtype, requires_grad=requires_grad)
        for size in ((m, d), (l_keys, d), (l_keys, e))
    )


def openings(rng, *shape):
    """A random mask in which every row has an open and a closed place."""
    mask = rng.rand(*shape) < 0.5
    mask[..., 0], mask[..., -1] = True, False
    flip = rng.rand(*shape[:-1], 1) < 0.5
    return torch.where(flip, mask.flip(-1), mask)


def agrees(student, args, mask=None, close=FLOAT32, scale=None):
    """Outputs against PyTorch's, weights against the rows'."""
    q, k, v = args
    named = {} if scale is None else {"scale": scale}
    output, weights = student.attention(q, k, v, mask, **named)
    factor = q.shape[-1] ** -0.5 if scale is None else scale
    scores = q @ k.transpose(-2, -1) * factor
    assert_close(weights, row_by_row(scores, mask), **close, name="weights")
    opened = mask
    if mask is not None:
        opened = mask.expand(scores.shape)
    assert_close(
        output,
        F.scaled_dot_product_attention(q, k, v, attn_mask=opened, scale=factor),
        **close,
        name="output",
    )


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """The output is (..., M, E), the weights are (..., M, L)."""
    found = student.attention(*given(rng, (2,), 3, 5, 4, 6))
    assert isinstance(found, tuple) and len(found) == 2, "attention returns (output, weights)"
    for tensor, shape, name in zip(found, ((2, 3, 6), (2, 3, 5)), ("output", "weights"), strict=True):
        assert isinstance(tensor, torch.Tensor), f"the {name} must be a tensor"
        assert tensor.shape == shape, f"the {name} has shape {shape}, not {tuple(tensor.shape)}"


@pytest.mark.level("plain")
def test_by_hand(student):
    """Two keys with dot products 0 and 2 log 4 in width 4: weights 1/5 and 4/5."""
    q, k = torch.zeros(1, 1, 4), torch.zeros(1, 2, 4)
    q[0, 0, 1], k[0, 1, 1] = 2.0, math.log(4)
    output, weights = student.attention(q, k, torch.tensor([[[5.0], [10.0]]]))
    assert_close(weights, torch.tensor([[[0.2, 0.8]]]), **FLOAT32, name="weights")
    assert_close(output, torch.tensor([[[9.0]]]), **FLOAT32, name="output")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("sizes", [(3, 5, 4, 6), (6, 2, 9, 3), (4, 4, 4, 4)])
def test_without_mask(student, rng, sizes):
    """Without a mask, outputs and weights are PyTorch's, at several widths."""
    agrees(student, given(rng, (2,), *sizes))


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("sizes", [(3, 5, 4, 6), (5, 3, 7, 2), (4, 4, 4, 4)])
def test_with_mask(student, rng, sizes):
    """With a mask (N, M, L) in which each row is partly open, outputs and weights are PyTorch's."""
    agrees(student, given(rng, (3,), *sizes), openings(rng, 3, *sizes[:2]))


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_masked_softmax(student, rng):
    """The weights of a row are the softmax of its open places, and exactly 0 at the others."""
    scores, mask = 2 * rng.randn(2, 4, 5), openings(rng, 2, 4, 5)
    got = student.masked_softmax(scores, mask)
    assert_close(got, row_by_row(scores, mask), **FLOAT32, name="weights")
    assert_close(got[~mask], torch.zeros(int((~mask).sum())), **EXACT, name="weights of masked places")
    assert_close(student.masked_softmax(scores), scores.softmax(2), **FLOAT32, name="weights without a mask")


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize("lead", [(), (4,), (2, 3), (2, 1, 3)])
def test_leading_axes(student, rng, lead):
    """No leading axis, one, two and three, with a mask and without."""
    args = given(rng, lead, 3, 5, 4, 2)
    agrees(student, args)
    agrees(student, args, openings(rng, *lead, 3, 5))


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize("shape", [(4, 5), (3, 1, 1, 5), (1, 5), (3, 1, 4, 5)])
def test_mask_broadcasts(student, rng, shape):
    """A mask with fewer axes, or with axes of size 1, holds for all."""
    agrees(student, given(rng, (3, 2), 4, 5, 6, 3), openings(rng, *shape))


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_mask_lacks_the_first_axis(student, rng):
    """A mask that lacks the first of two leading axes has the second: its axes are counted from the end."""
    agrees(student, given(rng, (3, 2), 4, 5, 6, 3), openings(rng, 2, 4, 5))


@pytest.mark.level("options")
@pytest.mark.weight(6)
@pytest.mark.parametrize("scale", [1.0, 0.3, -0.5])
def test_scale(student, rng, scale):
    """A scale that is given takes the place of the root, with a mask and without."""
    args = given(rng, (2,), 3, 5, 4, 2)
    agrees(student, args, scale=scale)
    agrees(student, args, openings(rng, 2, 3, 5), scale=scale)


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_scale_of_zero(student, rng):
    """A scale of 0 is one: all that may be looked at weighs the same."""
    args = given(rng, (2,), 3, 5, 4, 2)
    agrees(student, args, scale=0.0)
    agrees(student, args, openings(rng, 2, 3, 5), scale=0.0)


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_closed_rows(student, rng):
    """A row that is wholly masked gives zeros, and the other rows are what they would be without it."""
    args, mask = given(rng, (3,), 4, 5, 6, 2), openings(rng, 3, 4, 5)
    mask[0, 1], mask[2] = False, False
    output, weights = student.attention(*args, mask)
    scores = args[0] @ args[1].transpose(1, 2) / 6**0.5
    want = row_by_row(scores, mask)
    assert_close(weights, want, **FLOAT32, name="weights")
    assert_close(output, want @ args[2], **FLOAT32, name="output")
    assert_close(output[2], torch.zeros(4, 2), **EXACT, name="output of queries that may look nowhere")


@pytest.mark.level("options")
@pytest.mark.parametrize(
    "sizes", [(1, 3, 5, 4, 2), (2, 1, 5, 4, 3), (2, 3, 1, 4, 2), (1, 1, 1, 1, 1), (2, 3, 5, 1, 1)]
)
def test_edges(student, rng, sizes):
    """A batch of one, one query, one key, width 1."""
    n, *rest = sizes
    agrees(student, given(rng, (n,), *rest))


@pytest.mark.level("options")
@pytest.mark.weight(5)
@pytest.mark.parametrize("size", [300.0, 2e4])
def test_large_scores(student, rng, size):
    """Scores in the thousands, of either sign, do no harm; a masked score above all others has exactly the weight 0."""
    scores = size * rng.randn(2, 3, 4)
    scores[:, :, 2] = 5 * size
    mask = torch.tensor([True, True, False, True]).expand(2, 3, 4)
    for sign in (1, -1):
        got = student.masked_softmax(sign * scores, mask)
        assert_close(got, row_by_row(sign * scores, mask), **FLOAT32, name="weights")
        assert_close(got[:, :, 2], torch.zeros(2, 3), **EXACT, name="weights of masked places")


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_very_negative(student):
    """Open places stay open however negative their scores."""
    scores = torch.tensor([[-1e6, -1e6 - 1.0, 0.0]])
    got = student.masked_softmax(scores, torch.tensor([[True, True, False]]))
    assert_close(got, torch.tensor([[0.7310586, 0.2689414, 0.0]]), rtol=1e-3, atol=1e-4, name="weights")


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_below_any_constant(student):
    """Open places stay open though their scores are -10^12, beside a masked score of 0 or of 10^12."""
    for hidden in (0.0, 1e12):
        got = student.masked_softmax(
            torch.tensor([[-1e12, hidden, -1e12]]), torch.tensor([[True, False, True]])
        )
        assert_close(got, torch.tensor([[0.5, 0.0, 0.5]]), rtol=1e-5, atol=1e-6, name="weights")


@pytest.mark.level("options")
def test_views(student, rng):
    """Transposed and expanded arguments, the mask too, give the same."""
    q = rng.randn(3, 4, 2, 5).transpose(1, 2)
    k, v = rng.randn(3, 6, 5).unsqueeze(1).expand(3, 2, 6, 5), rng.randn(3, 2, 7, 6).transpose(2, 3)
    agrees(student, (q, k, v), openings(rng, 6, 4).T.contiguous().expand(3, 2, 4, 6))


def both_gradients(student, rng, mask, lead=(2,)):
    """Gradients in q, k, v of student and oracle, of a weighted sum of outputs and of weights."""
    args = given(rng, lead, 3, 4, 5, 2, torch.float64)
    first, second = rng.randn(*lead, 3, 2, dtype=torch.float64), rng.randn(*lead, 3, 4, dtype=torch.float64)
    found = []
    for ours in (False, True):
        q, k, v = (t.clone().requires_grad_() for t in args)
        if ours:
            scores = q @ k.transpose(-2, -1) / 5**0.5
            full = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask.expand_as(scores)
            top = scores.detach().masked_fill(~full, -1e9).amax(-1, keepdim=True)
            terms = torch.where(
                full,
                torch.where(full, scores - top, torch.zeros_like(scores)).exp(),
                torch.zeros_like(scores),
            )
            total = terms.sum(-1, keepdim=True)
            weights = terms / torch.where(total > 0, total, torch.ones_like(total))
            output = weights @ v
        else:
            output, weights = student.attention(q, k, v, mask)
        ((output * first).sum() + (weights * second).sum()).backward()
        found.append([t.grad for t in (q, k, v)])
    return found


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
@pytest.mark.parametrize("masked", [False, True])
def test_gradients(student, rng, masked):
    """Gradients of outputs and weights reach q, k and v, and are right, with a mask and without."""
    got, want = both_gradients(student, rng, openings(rng, 2, 3, 4) if masked else None)
    for grad, right, name in zip(got, want, "qkv", strict=True):
        assert grad is not None, f"no gradient reaches {name}"
        assert_close(grad, right, **FLOAT64, name=f"gradient of {name}")


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_gradients_with_closed_rows(student, rng):
    """A wholly masked row makes no gradient NaN: those of the others are right, those through it are 0."""
    mask = openings(rng, 2, 3, 4)
    mask[0, 1], mask[1] = False, False
    got, want = both_gradients(student, rng, mask)
    for grad, right, name in zip(got, want, "qkv", strict=True):
        assert grad is not None, f"no gradient reaches {name}"
        assert_close(grad, right, **FLOAT64, name=f"gradient of {name}")


@pytest.mark.level("invariants")
def test_softmax_gradient(student, rng):
    """The gradient of masked_softmax is right, also through its logarithm at open places beside a closed row."""
    mask = torch.tensor([[True, True, False], [False, False, False], [False, True, True]])
    scores = rng.randn(3, 3, dtype=torch.float64, requires_grad=True)
    student.masked_softmax(scores, mask)[mask].log().sum().backward()
    again = scores.detach().clone().requires_grad_()
    (again[0, :2].log_softmax(0).sum() + again[2, 1:].log_softmax(0).sum()).backward()
    assert scores.grad is not None, "no gradient reaches the scores"
    assert_close(scores.grad, again.grad, **FLOAT64, name="gradient of the scores")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
@pytest.mark.parametrize("filling", [1e4, -1e4, 1e15])
def test_masked_is_irrelevant(student, rng, filling):
    """Whatever finite key and value stand at a masked place, no output changes."""
    (q, k, v), mask = given(rng, (2,), 3, 4, 5, 2), openings(rng, 2, 1, 4)
    before = student.attention(q, k, v, mask)[0]
    hidden = ~mask[:, 0, :, None]
    after = student.attention(q, k.masked_fill(hidden, filling), v.masked_fill(hidden, -filling), mask)[0]
    assert_close(after, before, **FLOAT32, name="output after a change at masked places")


@pytest.mark.level("invariants")
def test_rows_sum_to_one(student, rng):
    """Every row that is open somewhere distributes the weight 1."""
    mask = openings(rng, 2, 5, 4)
    weights = student.attention(*given(rng, (2,), 5, 4, 3, 2), mask)[1]
    assert_close(weights.sum(2), torch.ones(2, 5), **FLOAT32, name="sum of each row")


@pytest.mark.level("invariants")
def test_permutation(student, rng):
    """Keys permuted together with their values and the mask's columns change no output."""
    (q, k, v), mask, order = given(rng, (2,), 3, 6, 4, 5), openings(rng, 2, 3, 6), rng.perm(6)
    before = student.attention(q, k, v, mask)[0]
    after = student.attention(q, k[:, order], v[:, order], mask[:, :, order])[0]
    assert_close(after, before, **FLOAT32, name="output after the permutation")


@pytest.mark.level("contract")
@pytest.mark.parametrize("masked", [False, True])
def test_dtype(student, rng, masked):
    """float64 in, float64 out, with float64's precision."""
    mask = openings(rng, 2, 3, 5) if masked else None
    agrees(student, given(rng, (2,), 3, 5, 4, 6, torch.float64), mask, FLOAT64)


@pytest.mark.level("contract")
def test_finite_differences(student, rng):
    """gradcheck agrees, with a mask and a closed row."""
    mask = torch.tensor([[True, False, True], [False, False, False]])
    assert gradcheck(
        lambda q, k, v: student.attention(q, k, v, mask)[0],
        given(rng, (2,), 2, 3, 2, 2, torch.float64, requires_grad=True),
        names=("q", "k", "v"),
    )
