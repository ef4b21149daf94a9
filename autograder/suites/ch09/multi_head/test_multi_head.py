"""Hidden suite of `multi_head`; the oracle is nn.MultiheadAttention with the student's weights copied into it.

Tolerance: weights of size 0.4 and widths of at most 24, so that outputs are near 1 and float32 agrees to 1e-5.
"""

import pytest
import torch
from torch import nn

from autograder.testing import assert_close, assert_raises

pytestmark = [
    pytest.mark.exercise("multi_head"),
    pytest.mark.shares(runs=9, plain=36, options=33, invariants=22),
]

FLOAT32 = {"rtol": 1e-4, "atol": 2e-5}
FLOAT64 = {"rtol": 1e-8, "atol": 1e-10}
LAYERS = ("query", "key", "value", "output")


def weights_of(rng, width, key_width, value_width, bias, dtype=torch.float32):
    """A state dict for the four layers."""
    found = {}
    for name, into in zip(LAYERS, (width, key_width, value_width, width), strict=True):
        found[f"{name}.weight"] = 1.2 * rng.randn(width, into, dtype=dtype) / into**0.5
        if bias:
            found[f"{name}.bias"] = 0.5 * rng.randn(width, dtype=dtype)
    return found


def oracle(state, width, heads, key_width, value_width, bias, dtype=torch.float32):
    """PyTorch's layer with those weights."""
    layer = nn.MultiheadAttention(
        width, heads, bias=bias, kdim=key_width, vdim=value_width, batch_first=True, dtype=dtype
    )
    parts = [state[f"{name}.weight"] for name in LAYERS[:3]]
    with torch.no_grad():
        if layer.in_proj_weight is not None:
            layer.in_proj_weight.copy_(torch.cat(parts))
        else:
            for parameter, value in zip(
                (layer.q_proj_weight, layer.k_proj_weight, layer.v_proj_weight), parts, strict=True
            ):
                parameter.copy_(value)
        layer.out_proj.weight.copy_(state["output.weight"])
        if bias:
            layer.in_proj_bias.copy_(torch.cat([state[f"{name}.bias"] for name in LAYERS[:3]]))
            layer.out_proj.bias.copy_(state["output.bias"])
    return layer


def both(student, rng, width, heads, key_width=None, value_width=None, bias=True, dtype=torch.float32):
    """The student's layer and PyTorch's with equal weights."""
    widths = width if key_width is None else key_width, width if value_width is None else value_width
    named = {} if key_width is None else {"key_width": key_width}
    named |= {} if value_width is None else {"value_width": value_width}
    named |= {} if bias else {"bias": False}
    theirs = student.MultiHeadAttention(width, heads, **named)
    if dtype == torch.float64:
        theirs.double()
    state = weights_of(rng, width, *widths, bias, dtype)
    theirs.load_state_dict({name: value.clone() for name, value in state.items()})
    return theirs, oracle(state, width, heads, *widths, bias, dtype)


def inputs(rng, n, m, l_keys, widths, dtype=torch.float32):
    return tuple(
        rng.randn(n, size, width, dtype=dtype)
        for size, width in zip((m, l_keys, l_keys), widths, strict=True)
    )


def openings(rng, *shape):
    """A mask in which every row has an open and a closed place, where there are two at least."""
    mask = rng.rand(*shape) < 0.5
    mask[..., 0] = True
    if shape[-1] > 1:
        mask[..., -1] = False
    return mask


def same(theirs, ours, args, mask=None, heads=1, close=FLOAT32):
    """Output and weights of both."""
    hidden = None
    if mask is not None:
        hidden = ~mask if mask.dim() == 2 else ~mask.repeat_interleave(heads, dim=0)
    want, weights = ours(*args, attn_mask=hidden, average_attn_weights=False)
    output, got = theirs(*args) if mask is None else theirs(*args, mask)
    assert_close(output, want, **close, name="output")
    assert_close(got, weights, **close, name="weights, head by head")


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """The layer returns the output (N, M, D) and the weights (N, H, M, L)."""
    layer = student.MultiHeadAttention(6, 3)
    found = layer(rng.randn(2, 4, 6), rng.randn(2, 5, 6), rng.randn(2, 5, 6))
    assert isinstance(found, tuple) and len(found) == 2, "the layer returns (output, weights)"
    for tensor, shape, name in zip(found, ((2, 4, 6), (2, 3, 4, 5)), ("output", "weights"), strict=True):
        assert isinstance(tensor, torch.Tensor), f"the {name} must be a tensor"
        assert tensor.shape == shape, f"the {name} has shape {shape}, not {tuple(tensor.shape)}"


@pytest.mark.level("runs")
def test_parameters(student):
    """The parameters are those of four linear layers called query, key, value and output, and no others."""
    cases = (
        ((8, 2), {}, (8, 8, 8), True),
        ((6, 3), {"key_width": 5, "value_width": 4}, (6, 5, 4), True),
        ((6, 2), {"bias": False}, (6, 6, 6), False),
    )
    for args, named, widths, bias in cases:
        found = {
            name: tuple(p.shape) for name, p in student.MultiHeadAttention(*args, **named).named_parameters()
        }
        want = {
            f"{name}.weight": (args[0], into) for name, into in zip(LAYERS, (*widths, args[0]), strict=True)
        }
        want |= {f"{name}.bias": (args[0],) for name in LAYERS} if bias else {}
        assert found == want, f"with {args} and {named} the parameters are {found}, they should be {want}"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("width", "heads"), [(6, 1), (5, 1)])
def test_one_head(student, rng, width, heads):
    """With one head, output and weights are PyTorch's."""
    theirs, ours = both(student, rng, width, heads)
    same(theirs, ours, inputs(rng, 2, 3, 4, (width,) * 3))


@pytest.mark.level("plain")
@pytest.mark.weight(4)
@pytest.mark.parametrize(
    ("width", "heads", "n", "m", "l_keys"), [(6, 3, 2, 4, 5), (8, 2, 3, 5, 2), (12, 4, 4, 4, 4)]
)
def test_heads(student, rng, width, heads, n, m, l_keys):
    """With several heads, output and each head's weights are PyTorch's."""
    theirs, ours = both(student, rng, width, heads)
    same(theirs, ours, inputs(rng, n, m, l_keys, (width,) * 3))


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize(("width", "heads"), [(6, 2), (4, 1)])
def test_mask_for_each(student, rng, width, heads):
    """With a mask (N, M, L), one for each example, output and weights are PyTorch's."""
    theirs, ours = both(student, rng, width, heads)
    same(theirs, ours, inputs(rng, 3, 4, 5, (width,) * 3), openings(rng, 3, 4, 5), heads)


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_mask_for_all(student, rng):
    """A mask (M, L) holds for all examples, also where there are as many examples as queries or heads."""
    for n, heads in ((3, 2), (4, 2), (2, 4)):
        theirs, ours = both(student, rng, 8, heads)
        same(theirs, ours, inputs(rng, n, 4, 5, (8, 8, 8)), openings(rng, 4, 5), heads)


@pytest.mark.level("options")
@pytest.mark.weight(3)
@pytest.mark.parametrize(("key_width", "value_width"), [(5, 3), (None, 4), (7, None), (2, 9)])
def test_widths(student, rng, key_width, value_width):
    """Keys and values of other widths, one of them or both, without a mask and with one."""
    theirs, ours = both(student, rng, 6, 2, key_width, value_width)
    widths = (6, key_width or 6, value_width or 6)
    same(theirs, ours, inputs(rng, 2, 3, 4, widths))
    same(theirs, ours, inputs(rng, 2, 3, 4, widths), openings(rng, 2, 3, 4), 2)


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize("widths", [(None, None), (5, 4)])
def test_no_bias(student, rng, widths):
    """Without bias, alone and together with other widths."""
    theirs, ours = both(student, rng, 6, 3, *widths, bias=False)
    same(theirs, ours, inputs(rng, 2, 3, 4, (6, widths[0] or 6, widths[1] or 6)))


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_closed_rows(student, rng):
    """A query that may look nowhere has weights of 0 and the last layer's bias as output; others are untouched."""
    theirs, ours = both(student, rng, 6, 2)
    args, mask = inputs(rng, 3, 4, 5, (6, 6, 6)), openings(rng, 3, 4, 5)
    mask[0, 1], mask[2] = False, False
    output, weights = theirs(*args, mask)
    opened = mask | ~mask.any(2, keepdim=True)
    want, right = ours(*args, attn_mask=~opened.repeat_interleave(2, dim=0), average_attn_weights=False)
    closed = ~mask.any(2)
    want, right = want.detach().clone(), right.detach().clone()
    want[closed] = ours.out_proj.bias.detach()
    right = right.masked_fill(closed[:, None, :, None], 0.0)
    assert_close(weights, right, **FLOAT32, name="weights")
    assert_close(output, want, **FLOAT32, name="output")


@pytest.mark.level("options")
@pytest.mark.parametrize(
    ("n", "m", "l_keys", "width", "heads"),
    [(1, 3, 4, 6, 2), (2, 1, 4, 6, 3), (2, 3, 1, 4, 2), (1, 1, 1, 3, 3)],
)
def test_edges(student, rng, n, m, l_keys, width, heads):
    """A batch of one, one query, one key, heads of width 1; without a mask and with one."""
    theirs, ours = both(student, rng, width, heads)
    args = inputs(rng, n, m, l_keys, (width,) * 3)
    same(theirs, ours, args)
    same(theirs, ours, args, openings(rng, n, m, l_keys), heads)


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_far_scores(student, rng):
    """Scores of tens of thousands, of either sign: a masked place has exactly the weight 0, an open one its own."""
    theirs, ours = both(student, rng, 6, 2)
    query, key, value = inputs(rng, 2, 3, 4, (6, 6, 6))
    mask = openings(rng, 2, 3, 4)
    for size in (300.0, -300.0):
        args = size * query, abs(size) * key, value
        weights = theirs(*args, mask)[1]
        want = ours(*args, attn_mask=~mask.repeat_interleave(2, dim=0), average_attn_weights=False)[1]
        assert_close(weights, want, rtol=1e-2, atol=1e-2, name="weights")
        shut = ~mask[:, None].expand_as(weights)
        assert_close(weights[shut], torch.zeros(int(shut.sum())), rtol=0, atol=0, name="masked weights")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_two_calls(student, rng):
    """A call without a mask after one with a mask sees everything."""
    theirs, ours = both(student, rng, 6, 2)
    args = inputs(rng, 2, 4, 4, (6, 6, 6))
    theirs(*args, openings(rng, 4, 4))
    same(theirs, ours, args)


@pytest.mark.level("options")
def test_views(student, rng):
    """Transposed and expanded arguments give the same."""
    theirs, ours = both(student, rng, 6, 2)
    query = rng.randn(3, 2, 6).transpose(0, 1)
    key, value = rng.randn(1, 4, 6).expand(2, 4, 6), rng.randn(2, 6, 4).transpose(1, 2)
    same(theirs, ours, (query, key, value), openings(rng, 3, 4).T.contiguous().T.expand(2, 3, 4), 2)


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
@pytest.mark.parametrize("masked", [False, True])
def test_gradients(student, rng, masked):
    """Gradients reach all parameters, queries, keys and values, and are PyTorch's; a closed row makes none NaN."""
    theirs, ours = both(student, rng, 6, 2, dtype=torch.float64)
    args = inputs(rng, 2, 3, 4, (6, 6, 6), torch.float64)
    direction, mask, hidden = rng.randn(2, 3, 6, dtype=torch.float64), None, None
    if masked:
        mask = openings(rng, 2, 3, 4)
        hidden = ~mask.repeat_interleave(2, dim=0)
    given = [t.clone().requires_grad_() for t in args]
    again = [t.clone().requires_grad_() for t in args]
    output = theirs(*given)[0] if mask is None else theirs(*given, mask)[0]
    (output * direction).sum().backward()
    (ours(*again, attn_mask=hidden)[0] * direction).sum().backward()
    for got, want, name in zip(given, again, ("query", "key", "value"), strict=True):
        assert got.grad is not None, f"no gradient reaches {name}"
        assert_close(got.grad, want.grad, **FLOAT64, name=f"gradient of {name}")
    split = dict(zip(LAYERS[:3], ours.in_proj_weight.grad.split(6), strict=True))
    split["output"] = ours.out_proj.weight.grad
    found = dict(theirs.named_parameters())
    for name in LAYERS:
        grad = found[f"{name}.weight"].grad
        assert grad is not None, f"no gradient reaches the layer {name}"
        assert_close(grad, split[name], **FLOAT64, name=f"gradient of the layer {name}")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_closed_rows_backwards(student, rng):
    """A query that may look nowhere makes no gradient NaN."""
    theirs, _ = both(student, rng, 6, 2)
    given = [t.requires_grad_() for t in inputs(rng, 2, 3, 4, (6, 6, 6))]
    mask = torch.ones(2, 3, 4, dtype=torch.bool)
    mask[0, 1] = False
    output, weights = theirs(*given, mask)
    (output.square().sum() + weights.square().sum()).backward()
    for tensor, name in zip(given, ("query", "key", "value"), strict=True):
        assert tensor.grad is not None, f"no gradient reaches {name}"
        assert bool(tensor.grad.isfinite().all()), f"the gradient of {name} has a NaN"
    assert_close(
        given[0].grad[0, 1], torch.zeros(6), rtol=0, atol=0, name="gradient of the query that looks nowhere"
    )


@pytest.mark.level("invariants")
def test_permutation(student, rng):
    """Permuting keys with their values changes no output; permuting queries permutes outputs."""
    theirs, _ = both(student, rng, 6, 3)
    q, k, v = inputs(rng, 2, 4, 5, (6, 6, 6))
    before = theirs(q, k, v)[0]
    keys, queries = rng.perm(5), rng.perm(4)
    assert_close(theirs(q, k[:, keys], v[:, keys])[0], before, **FLOAT32, name="output, keys permuted")
    assert_close(
        theirs(q[:, queries], k, v)[0], before[:, queries], **FLOAT32, name="output, queries permuted"
    )


@pytest.mark.level("invariants")
def test_causal(student, rng):
    """With a causal mask, changing later places changes no earlier output."""
    theirs, _ = both(student, rng, 6, 2)
    x, mask = rng.randn(2, 5, 6), torch.ones(5, 5, dtype=torch.bool).tril()
    before = theirs(x, x, x, mask)[0]
    y = x.clone()
    y[:, 3:] += rng.randn(2, 2, 6)
    after = theirs(y, y, y, mask)[0]
    assert_close(after[:, :3], before[:, :3], **FLOAT32, name="outputs before the change")
    assert not torch.allclose(after[:, 3:], before[:, 3:]), "outputs after the change stay as they were"


@pytest.mark.level("invariants")
def test_two_layers(student, rng):
    """Two layers share nothing."""
    first, ours = both(student, rng, 6, 2)
    both(student, rng, 8, 4)
    same(first, ours, inputs(rng, 2, 3, 4, (6, 6, 6)))


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """As a layer of float64 it has float64's precision, with a mask too."""
    theirs, ours = both(student, rng, 6, 2, dtype=torch.float64)
    args = inputs(rng, 2, 3, 4, (6, 6, 6), torch.float64)
    same(theirs, ours, args, close=FLOAT64)
    same(theirs, ours, args, openings(rng, 2, 3, 4), 2, FLOAT64)


@pytest.mark.level("contract")
def test_uneven_heads(student):
    """A width that is not a multiple of the heads is a ValueError."""
    assert_raises(ValueError, student.MultiHeadAttention, 7, 2)
