"""The tests you are given: run by the check cells of the notebook, or by `pytest` in this folder.

Each exercise has a ladder: shape, a value worked out by hand, PyTorch or autograd as the oracle, a small run.
Your work is graded by more tests than these, on other shapes and other numbers. `student` is your notebook.
"""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from selfcheck import assert_close, assert_own, assert_raises, gradcheck
from selfcheck.data import load_digits
from selfcheck.pairs import make_reversals

# ------------------------------------------------------------------------------------------- kernel_attention
kernel_attention = pytest.mark.exercise("kernel_attention")


@kernel_attention
@pytest.mark.gate
def test_kernel_shapes(student, rng):
    """Weights are (M, L), answers (M, E)."""
    q, k, v = rng.randn(2, 3), rng.randn(4, 3), rng.randn(4, 5)
    weights, answers = student.kernel_weights(q, k, 1.0), student.kernel_attention(q, k, v, 1.0)
    assert tuple(weights.shape) == (2, 4), f"the weights of 2 queries and 4 keys have shape {tuple(weights.shape)}"
    assert tuple(answers.shape) == (2, 5), f"the answers have shape {tuple(answers.shape)}"


@kernel_attention
def test_kernel_by_hand(student):
    """Keys 0 and 2, values 10 and 20, width 1: at 0.5 the weights are 0.731 and 0.269, the answer is 12.69."""
    q, k, v = torch.tensor([[0.5]]), torch.tensor([[0.0], [2.0]]), torch.tensor([[10.0], [20.0]])
    want = torch.tensor([[math.e, 1.0]]) / (math.e + 1)
    assert_close(student.kernel_weights(q, k, 1.0), want, rtol=1e-4, atol=1e-5, name="weights")
    assert_close(student.kernel_attention(q, k, v, 1.0), want @ v, rtol=1e-4, atol=1e-4, name="answer")


@kernel_attention
def test_kernel_width(student, rng):
    """Narrow: the nearest key takes all, without a NaN. Wide: all keys weigh the same."""
    q, k = torch.tensor([[0.9], [70.0]]), torch.tensor([[0.0], [1.0], [3.0]])
    want = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert_close(student.kernel_weights(q, k, 0.01), want, atol=1e-5, name="weights of a narrow kernel")
    assert_close(student.kernel_weights(q, k, 1e6), torch.full((2, 3), 1 / 3), rtol=1e-3, atol=1e-3, name="weights of a wide one")


@kernel_attention
def test_kernel_left_out(student, rng):
    """With leave_own_out a query's own weight is 0, and the others sum to 1."""
    keys = rng.randn(4, 2)
    weights = student.kernel_weights(keys, keys, 0.7, True)
    assert_close(weights.diagonal(), torch.zeros(4), atol=0, rtol=0, name="own weights")
    assert_close(weights.sum(1), torch.ones(4), rtol=1e-5, atol=1e-6, name="sum of each row")


@kernel_attention
def test_kernel_gradients(student, rng):
    """Gradients reach queries, keys, values and the width, with finite differences as the judge."""
    given = [rng.randn(*s, dtype=torch.float64, requires_grad=True) for s in ((2, 2), (3, 2), (3, 1))]
    width = torch.tensor(0.9, dtype=torch.float64, requires_grad=True)
    assert gradcheck(student.kernel_attention, (*given, width), names=("queries", "keys", "values", "width"))


@kernel_attention
def test_kernel_is_your_own(student, not_allowed):
    """It is written by hand: PyTorch's attention is not used."""
    assert_own(student.kernel_attention, not_allowed)


# ----------------------------------------------------------------------------------------------------- scores
scores = pytest.mark.exercise("scores")


@scores
def test_scores_shapes(student, rng):
    """All three have the shape (N, M, L)."""
    q, k = rng.randn(2, 3, 4), rng.randn(2, 5, 6)
    found = {
        "dot": student.dot_scores(q, rng.randn(2, 5, 4)),
        "general": student.general_scores(q, k, rng.randn(4, 6)),
        "additive": student.additive_scores(q, k, rng.randn(7, 4), rng.randn(7, 6), rng.randn(7)),
    }
    for name, tensor in found.items():
        assert tuple(tensor.shape) == (2, 3, 5), f"the {name} scores have shape {tuple(tensor.shape)}"


@scores
def test_scores_by_hand(student):
    """The example: dot 1, general 5, additive 0."""
    q, k = torch.tensor([[[1.0, 2.0]]]), torch.tensor([[[3.0, -1.0]]])
    swap, first, second = torch.tensor([[0.0, 1.0], [1.0, 0.0]]), torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    assert_close(student.dot_scores(q, k), torch.tensor([[[1.0]]]), name="dot score")
    assert_close(student.general_scores(q, k, swap), torch.tensor([[[5.0]]]), name="general score")
    got = student.additive_scores(q, k, first, second, torch.tensor([2.0]))
    assert_close(got, torch.tensor([[[0.0]]]), atol=1e-6, name="additive score")


@scores
def test_scores_pair_by_pair(student, rng):
    """Each score is the one of its query and key alone."""
    q, k, w = rng.randn(2, 3, 4), rng.randn(2, 2, 5), rng.randn(4, 5)
    w_q, w_k, u = rng.randn(6, 4), rng.randn(6, 5), rng.randn(6)
    general, additive = student.general_scores(q, k, w), student.additive_scores(q, k, w_q, w_k, u)
    for n, i, j in ((0, 0, 0), (1, 2, 1), (0, 1, 1)):
        one = (q[n, i][:, None] * w * k[n, j]).sum()
        assert_close(general[n, i, j], one, rtol=1e-4, atol=1e-4, name=f"general score {n}, {i}, {j}")
        one = (u * torch.tanh(w_q @ q[n, i] + w_k @ k[n, j])).sum()
        assert_close(additive[n, i, j], one, rtol=1e-4, atol=1e-4, name=f"additive score {n}, {i}, {j}")


@scores
def test_scores_gradients(student, rng):
    """Gradients reach all arguments of the additive score, with finite differences as the judge."""
    shapes = ((1, 2, 2), (1, 3, 2), (2, 2), (2, 2), (2,))
    given = [rng.randn(*s, dtype=torch.float64, requires_grad=True) for s in shapes]
    assert gradcheck(student.additive_scores, given, names=("q", "k", "w_q", "w_k", "u"))


@scores
def test_score_cost(student):
    """The example: 24, 56 and 104 multiplications; 0, 16 and 36 parameters."""
    for kind, want in (("dot", (0, 24)), ("general", (16, 56)), ("additive", (36, 104))):
        got = tuple(student.score_cost(kind, 2, 3, 4, 4, 4))
        assert got == want, f"{kind}: {got[0]} parameters and {got[1]} multiplications instead of {want[0]} and {want[1]}"
    assert_raises(ValueError, student.score_cost, "cosine", 2, 3, 4)


@scores
def test_scores_are_your_own(student, not_allowed):
    """They are written by hand: PyTorch's attention is not used."""
    for function in (student.dot_scores, student.general_scores, student.additive_scores):
        assert_own(function, not_allowed)


# ----------------------------------------------------------------------------------------- scaled_dot_product
scaled_dot_product = pytest.mark.exercise("scaled_dot_product")


@scaled_dot_product
@pytest.mark.gate
def test_attention_shapes(student, rng):
    """The output is (N, M, E), the weights are (N, M, L)."""
    output, weights = student.attention(rng.randn(2, 3, 4), rng.randn(2, 5, 4), rng.randn(2, 5, 6))
    assert tuple(output.shape) == (2, 3, 6), f"the output has shape {tuple(output.shape)}"
    assert tuple(weights.shape) == (2, 3, 5), f"the weights have shape {tuple(weights.shape)}"


@scaled_dot_product
def test_attention_by_hand(student):
    """Scores 0 and log 3 with values 10 and 20: output 17.5; the second masked: 10; both masked: 0."""
    q, k, v = torch.tensor([[[1.0]]]), torch.tensor([[[0.0], [math.log(3)]]]), torch.tensor([[[10.0], [20.0]]])
    for mask, want in ((None, 17.5), ([True, False], 10.0), ([False, False], 0.0)):
        mask = None if mask is None else torch.tensor([[mask]])
        output, _ = student.attention(q, k, v, mask)
        assert_close(output, torch.tensor([[[want]]]), rtol=1e-4, atol=1e-4, name="output")


@scaled_dot_product
def test_attention_matches_torch(student, rng):
    """Outputs are PyTorch's: with a mask and without, with two leading axes, with another scale."""
    for lead in ((2,), (2, 3)):
        q, k, v = rng.randn(*lead, 3, 5), rng.randn(*lead, 4, 5), rng.randn(*lead, 4, 2)
        mask = torch.tensor([[True, False, True, True], [True, True, False, False], [False, False, False, True]])
        for opened, scale in ((None, None), (mask, None), (mask, 0.7)):
            output, _ = student.attention(q, k, v, opened, scale)
            want = F.scaled_dot_product_attention(q, k, v, attn_mask=opened, scale=scale)
            assert_close(output, want, rtol=1e-4, atol=1e-5, name=f"output for q of shape {tuple(q.shape)}")


@scaled_dot_product
def test_masked_softmax(student):
    """Masked places have exactly the weight 0, however large their scores; a closed row is 0."""
    scores = torch.tensor([[1e4, 0.0, math.log(3)], [1.0, 2.0, 3.0], [-1e6, 5.0, -1e6]])
    mask = torch.tensor([[False, True, True], [False, False, False], [True, False, True]])
    want = torch.tensor([[0.0, 0.25, 0.75], [0.0, 0.0, 0.0], [0.5, 0.0, 0.5]])
    assert_close(student.masked_softmax(scores, mask), want, rtol=1e-5, atol=1e-6, name="weights")


@scaled_dot_product
def test_attention_gradients(student, rng):
    """Gradients reach q, k and v and have no NaN, though one query may look nowhere."""
    given = [rng.randn(1, n, 2, dtype=torch.float64, requires_grad=True) for n in (2, 3, 3)]
    mask = torch.tensor([[[True, True, False], [False, False, False]]])
    assert gradcheck(lambda q, k, v: student.attention(q, k, v, mask)[0], given, names=("q", "k", "v"))
    output, _ = student.attention(*given, mask)
    output.sum().backward()
    for tensor, name in zip(given, "qkv", strict=True):
        assert tensor.grad is not None and bool(tensor.grad.isfinite().all()), f"the gradient of {name} has a NaN"


@scaled_dot_product
def test_attention_masked_is_irrelevant(student, rng):
    """What stands at a masked place changes nothing."""
    q, k, v = rng.randn(1, 2, 3), rng.randn(1, 4, 3), rng.randn(1, 4, 2)
    mask = torch.tensor([True, True, False, True])
    before, _ = student.attention(q, k, v, mask)
    k[:, 2], v[:, 2] = 1e3, -1e6
    after, _ = student.attention(q, k, v, mask)
    assert_close(after, before, rtol=1e-5, atol=1e-6, name="output after a change at a masked place")


@scaled_dot_product
def test_attention_is_your_own(student, not_allowed):
    """It is written by hand: PyTorch's attention is not used."""
    assert_own(student.attention, not_allowed)


# ------------------------------------------------------------------------------------------------------ masks
masks = pytest.mark.exercise("masks")


@masks
def test_masks_by_hand(student):
    """The example: length 2 of size 3, causal; and with the window (0, 0) as well."""
    got = student.attention_mask(torch.tensor([2]), 3, causal=True)
    want = torch.tensor([[[True, False, False], [True, True, False], [False, False, False]]])
    assert_close(got, want, name="causal mask with padding")
    got = student.attention_mask(torch.tensor([2]), 3, causal=True, window=(0, 0))
    want = torch.tensor([[[True, False, False], [False, True, False], [False, False, False]]])
    assert_close(got, want, name="causal mask with padding and a window of (0, 0)")


@masks
def test_padding_and_causal_masks(student):
    """A place is there before the length; a query sees itself and what comes before."""
    want = torch.tensor([[True, True, False, False], [False, False, False, False], [True, True, True, True]])
    assert_close(student.padding_mask(torch.tensor([2, 0, 4]), 4), want, name="padding mask")
    want = torch.tensor([[True, False, False], [True, True, False], [True, True, True]])
    assert_close(student.causal_mask(3), want, name="causal mask")


@masks
def test_window_mask(student):
    """With (1, 0) a query sees itself and the one before it; a window that is too wide is no restriction."""
    want = torch.tensor([[True, False, False], [True, True, False], [False, True, True]])
    assert_close(student.window_mask(3, 1, 0), want, name="window mask")
    assert_close(student.window_mask(3, 9, 9), torch.ones(3, 3, dtype=torch.bool), name="wide window mask")


@masks
def test_masks_pair_by_pair(student):
    """All restrictions together, every pair asked for by itself."""
    lengths, size = [5, 2], 5
    for causal, window in ((False, None), (True, None), (False, (1, 2)), (True, (2, 1))):
        got = student.attention_mask(torch.tensor(lengths), size, causal=causal, window=window)
        a, b = window or (size, size)
        for n, length in enumerate(lengths):
            for i in range(size):
                for j in range(size):
                    allowed = max(i, j) < length and -a <= j - i <= b and not (causal and j > i)
                    assert bool(got[n, i, j]) == allowed, (
                        f"causal={causal}, window={window}, length {length}: query {i} and key {j} are {'' if allowed else 'not '}a pair"
                    )


# ------------------------------------------------------------------------------------------------- multi_head
multi_head = pytest.mark.exercise("multi_head")


def torch_heads(student, rng, width, heads, key_width=None, value_width=None):
    """A layer of yours and PyTorch's, with the same weights."""
    theirs = student.MultiHeadAttention(width, heads, key_width, value_width)
    sizes = {"query": width, "key": key_width or width, "value": value_width or width, "output": width}
    state = {f"{name}.weight": rng.randn(width, into) / into**0.5 for name, into in sizes.items()}
    state |= {f"{name}.bias": 0.3 * rng.randn(width) for name in sizes}
    theirs.load_state_dict(state)
    parts = [F.linear(torch.eye(into), state[f"{name}.weight"]).T for name, into in list(sizes.items())[:3]]

    def oracle(q, k, v, mask):
        return F.multi_head_attention_forward(
            *(t.transpose(0, 1) for t in (q, k, v)),
            width,
            heads,
            None,
            torch.cat([state[f"{name}.bias"] for name in ("query", "key", "value")]),
            None,
            None,
            False,
            0.0,
            state["output.weight"],
            state["output.bias"],
            attn_mask=None if mask is None else ~mask,
            use_separate_proj_weight=True,
            q_proj_weight=parts[0],
            k_proj_weight=parts[1],
            v_proj_weight=parts[2],
            average_attn_weights=False,
        )

    return theirs, oracle


@multi_head
@pytest.mark.gate
def test_heads_shapes(student, rng):
    """The output is (N, M, D), the weights (N, H, M, L), and there are 4 D (D + 1) parameters."""
    layer = student.MultiHeadAttention(6, 2)
    output, weights = layer(rng.randn(3, 4, 6), rng.randn(3, 5, 6), rng.randn(3, 5, 6))
    assert tuple(output.shape) == (3, 4, 6), f"the output has shape {tuple(output.shape)}"
    assert tuple(weights.shape) == (3, 2, 4, 5), f"the weights have shape {tuple(weights.shape)}"
    count = sum(p.numel() for _, p in layer.named_parameters())
    assert count == 168, f"a layer of width 6 has 168 parameters, yours has {count}"


@multi_head
def test_heads_match_torch(student, rng):
    """Outputs and weights are PyTorch's: one head and three, a mask, other widths of keys and values."""
    mask = torch.tensor([[True, False, True, True, False]] * 2 + [[False, False, True, True, True]] * 2)
    for heads, widths, opened in ((1, (6, 6), None), (3, (6, 6), None), (3, (6, 6), mask), (2, (4, 7), mask)):
        theirs, oracle = torch_heads(student, rng, 6, heads, *widths)
        given = rng.randn(2, 4, 6), rng.randn(2, 5, widths[0]), rng.randn(2, 5, widths[1])
        output, weights = theirs(*given, opened)
        want, right = oracle(*given, opened)
        assert_close(weights, right, rtol=1e-3, atol=1e-5, name=f"weights of {heads} heads")
        assert_close(output, want.transpose(0, 1), rtol=1e-3, atol=1e-4, name=f"output of {heads} heads")


@multi_head
def test_heads_mask_for_each(student, rng):
    """A mask (N, M, L) is each example's own; who may look nowhere has weights of 0, and no gradient is NaN."""
    theirs, oracle = torch_heads(student, rng, 6, 2)
    x = rng.randn(2, 3, 6, requires_grad=True)
    mask = torch.tensor([[[True, False, True], [False, False, False], [True, True, True]], [[True, True, False]] * 3])
    output, weights = theirs(x, x, x, mask)
    want, right = oracle(x[1:], x[1:], x[1:], mask[1])
    assert_close(output[1:], want.transpose(0, 1), rtol=1e-3, atol=1e-4, name="output of the second example")
    assert_close(weights[1:], right, rtol=1e-3, atol=1e-5, name="weights of the second example")
    assert_close(weights[0, :, 1], torch.zeros(2, 3), rtol=0, atol=0, name="weights of who may look nowhere")
    output.square().sum().backward()
    assert x.grad is not None and bool(x.grad.isfinite().all()), "a gradient is NaN"


@multi_head
def test_heads_properties(student, rng):
    """Permuted keys change nothing; no bias if none is asked for; a width that cannot be shared out is a ValueError."""
    theirs, _ = torch_heads(student, rng, 8, 2)
    q, k, v, order = rng.randn(1, 3, 8), rng.randn(1, 4, 8), rng.randn(1, 4, 8), torch.tensor([2, 0, 3, 1])
    assert_close(theirs(q, k[:, order], v[:, order])[0], theirs(q, k, v)[0], rtol=1e-4, atol=1e-5, name="output, keys permuted")
    count = sum(p.numel() for _, p in student.MultiHeadAttention(8, 2, bias=False).named_parameters())
    assert count == 256, f"without bias a layer of width 8 has 256 parameters, yours has {count}"
    assert_raises(ValueError, student.MultiHeadAttention, 8, 3)


@multi_head
def test_heads_are_your_own(student, rng, not_allowed):
    """They are written by hand: PyTorch's attention is not used."""
    assert_own(student.MultiHeadAttention, not_allowed)


# ------------------------------------------------------------------------------------------------- sinusoidal
sinusoidal = pytest.mark.exercise("sinusoidal")


@sinusoidal
@pytest.mark.gate
def test_codes_by_hand(student):
    """P = 4 and the base 100 have the frequencies 1 and 0.1, in either order of the channels."""
    got = student.sinusoidal(3, 4, 100.0)
    assert tuple(got.shape) == (3, 4), f"the codes of 3 places in width 4 have shape {tuple(got.shape)}"
    want = torch.tensor([math.sin(2), math.cos(2), math.sin(0.2), math.cos(0.2)])
    order = [0, 1, 2, 3] if abs(float(got[2, 1]) - math.cos(2)) < 0.1 else [0, 2, 1, 3]
    assert_close(got[2], want[order], rtol=1e-5, atol=1e-6, name="code of place 2")
    assert_close(got[0], torch.tensor([0.0, 1.0, 0.0, 1.0])[order], rtol=1e-5, atol=1e-6, name="code of place 0")


@sinusoidal
def test_codes_of_the_default_base(student):
    """The frequencies are 10,000 to the power of -2i/P."""
    got = student.sinusoidal(6, 8)
    want = {math.sin(5 * 10_000 ** (-i / 8)) for i in (0, 2, 4, 6)}
    for value in want:
        assert float((got[5] - value).abs().min()) < 1e-6, f"the code of place 5 has no {value:.4f}"


@sinusoidal
def test_shifts(student):
    """One matrix shifts all places, forwards and backwards."""
    codes = student.sinusoidal(20, 6)
    for shift in (1, 4):
        got = codes[:-shift] @ student.shift_matrix(shift, 6).T
        assert_close(got, codes[shift:], rtol=1e-4, atol=1e-5, name=f"codes shifted by {shift}")
        got = codes[shift:] @ student.shift_matrix(-shift, 6).T
        assert_close(got, codes[:-shift], rtol=1e-4, atol=1e-5, name=f"codes shifted by -{shift}")


@sinusoidal
def test_odd_widths(student):
    """An odd width is a ValueError."""
    assert_raises(ValueError, student.sinusoidal, 3, 7)
    assert_raises(ValueError, student.shift_matrix, 1, 7)


# ----------------------------------------------------------------------------------------------- find_the_bug
find_the_bug = pytest.mark.exercise("find_the_bug")
PROBES = ("keeps_constants", "obeys_the_mask", "ignores_the_order", "scales_by_the_root")


def right(q, k, v, mask):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def over_queries(q, k, v, mask):
    return (q @ k.mT / q.shape[2] ** 0.5).masked_fill(~mask, -torch.inf).softmax(1).nan_to_num(0.0) @ v


def without_mask(q, k, v, mask):
    return F.scaled_dot_product_attention(q, k, v)


def nearer_counts_more(q, k, v, mask):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=torch.arange(k.shape[1]).float().expand(mask.shape).masked_fill(~mask, -torch.inf))


def divided_by_d(q, k, v, mask):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=1 / q.shape[2])


@find_the_bug
def test_right_one(student):
    """Every probe finds a right attention right."""
    for probe in PROBES:
        assert getattr(student, probe)(right), f"{probe} finds fault with PyTorch's attention"


@find_the_bug
@pytest.mark.parametrize(("probe", "wrong"), list(zip(PROBES, (over_queries, without_mask, nearer_counts_more, divided_by_d), strict=True)))
def test_wrong_ones(student, probe, wrong):
    """Each probe finds a fault of its kind."""
    assert not getattr(student, probe)(wrong), f"{probe} finds no fault with the attention called {wrong.__name__} in this file"


@find_the_bug
def test_only_its_own_property(student):
    """A probe does not deny a property that a wrong attention has."""
    for probe in PROBES[:3]:
        assert getattr(student, probe)(divided_by_d), f"{probe} denies its property where the scale alone is wrong"


# ------------------------------------------------------------------------------------------ attention_decoder
attention_decoder = pytest.mark.exercise("attention_decoder")


def decoder_layers(student, rng, kind):
    """The given layers with larger weights than they are begun with."""
    layers = student.DecoderLayers(kind, 6, 4, 5)
    layers.load_state_dict({name: 0.6 * rng.randn(*value.shape) for name, value in layers.state_dict().items()})
    return layers, {name: value.clone() for name, value in layers.state_dict().items()}


def gru(w, x, h):
    cell = nn.GRUCell(x.shape[1], h.shape[1])
    return torch.func.functional_call(cell, {name[5:]: value for name, value in w.items() if name.startswith("cell.")}, (x, h))


@attention_decoder
@pytest.mark.gate
@pytest.mark.parametrize("kind", ["additive", "general"])
def test_decoder_shapes(student, rng, kind):
    """Logits (N, V), state (N, S), weights (N, L) that sum to 1."""
    layers, _ = decoder_layers(student, rng, kind)
    mask = torch.tensor([[True, True, True], [True, False, False]])
    logits, state, weights = student.decoder_step(layers, torch.tensor([1, 5]), rng.randn(2, 4), rng.randn(2, 3, 5), mask)
    for tensor, shape, name in ((logits, (2, 6), "logits"), (state, (2, 4), "state"), (weights, (2, 3), "weights")):
        assert tuple(tensor.shape) == shape, f"{name} have shape {tuple(tensor.shape)} instead of {shape}"
    assert_close(weights.sum(1), torch.ones(2), rtol=1e-5, atol=1e-5, name="sum of the weights")
    assert_close(weights[1], torch.tensor([1.0, 0.0, 0.0]), rtol=0, atol=1e-6, name="weights of a source of one character")


@attention_decoder
@pytest.mark.parametrize("kind", ["additive", "general"])
def test_decoder_step_by_step(student, rng, kind):
    """The four lines of the table, calculated for one example."""
    layers, w = decoder_layers(student, rng, kind)
    state, memory = 0.5 * rng.randn(1, 4), rng.randn(1, 3, 5)
    x, keys = w["embedding.weight"][2:3], memory[0] @ w["key.weight"].T
    asking = state if kind == "additive" else gru(w, x, state)
    if kind == "additive":
        weights = (torch.tanh(keys + asking @ w["query.weight"].T) @ w["u"]).softmax(0)
        context = weights @ memory[0]
        new = gru(w, torch.cat([x, context[None]], 1), state)
    else:
        weights, new = (keys @ asking[0]).softmax(0), asking
        context = weights @ memory[0]
    logits = torch.cat([new, context[None]], 1) @ w["readout.weight"].T + w["readout.bias"]
    got = student.decoder_step(layers, torch.tensor([2]), state, memory, torch.ones(1, 3, dtype=torch.bool))
    for tensor, want, name in zip(got, (logits, new, weights[None]), ("logits", "state", "weights"), strict=True):
        assert_close(tensor, want, rtol=1e-3, atol=1e-4, name=name)


@attention_decoder
@pytest.mark.parametrize("kind", ["additive", "general"])
def test_decode_and_greedy(student, rng, kind):
    """decode hands the state on; greedy feeds back what it writes, and records no graph."""
    layers, _ = decoder_layers(student, rng, kind)
    state, memory, mask = 0.5 * rng.randn(2, 4), rng.randn(2, 3, 5), torch.ones(2, 3, dtype=torch.bool)
    written, weights = student.greedy(layers, state, memory, mask, 1, 4)
    assert not weights.requires_grad, "the weights of greedy hang on a graph"
    inputs = torch.cat([torch.ones(2, 1, dtype=torch.int64), written[:, :-1]], 1)
    logits, seen = student.decode(layers, inputs, state, memory, mask)
    assert_close(logits.argmax(2), written, name="the likeliest characters of decode, given what greedy wrote")
    assert_close(seen, weights, rtol=1e-3, atol=1e-4, name="weights")
    now = state
    for t in range(4):
        scores, now, _ = student.decoder_step(layers, inputs[:, t], now, memory, mask)
        assert_close(logits[:, t], scores, rtol=1e-3, atol=1e-4, name=f"logits of step {t}")


@attention_decoder
@pytest.mark.parametrize("kind", ["additive", "general"])
def test_decoder_padding_and_gradients(student, rng, kind):
    """What stands in the memory's padding changes nothing; every parameter gets a gradient."""
    layers, _ = decoder_layers(student, rng, kind)
    ids, state, memory = torch.tensor([3, 4]), 0.5 * rng.randn(2, 4), rng.randn(2, 3, 5)
    mask = torch.tensor([[True, True, False], [True, True, True]])
    before, _, _ = student.decoder_step(layers, ids, state, memory, mask)
    memory[0, 2] = 1e6
    logits, _, _ = student.decoder_step(layers, ids, state, memory, mask)
    assert_close(logits, before, rtol=1e-3, atol=1e-4, name="logits after a change of the padding")
    logits.square().sum().backward()
    for name, parameter in layers.named_parameters():
        assert parameter.grad is not None and float(parameter.grad.abs().sum()) > 0, f"no gradient reaches {name}"


@attention_decoder
def test_decoder_is_your_own(student, not_allowed):
    """It is written by hand: PyTorch's attention is not used."""
    for function in (student.decoder_step, student.decode, student.greedy):
        assert_own(function, not_allowed)


# ---------------------------------------------------------------------------------------------- train_seq2seq
train_seq2seq = pytest.mark.exercise("train_seq2seq")


@train_seq2seq
@pytest.mark.gate
def test_training_runs(student, rng):
    """There is one finite loss for each batch."""
    batches = [make_reversals(4, 2, 4, 5, rng.generator()) for _ in range(3)]
    losses = student.train_seq2seq(student.Reader(8, 4), batches, warm_up=1)
    assert len(losses) == 3 and all(math.isfinite(loss) for loss in losses), f"3 batches gave the losses {losses}"


@train_seq2seq
def test_training_inputs(student, rng):
    """The model is given the target moved to the right, with the start in front, and trains in training mode."""
    batches = [make_reversals(3, 2, 4, 5, rng.generator()) for _ in range(2)]
    model, seen = student.Reader(8, 4), []
    model.eval()
    model.register_forward_hook(lambda module, args, answer: seen.append((args[1].clone(), module.training)))
    student.train_seq2seq(model, batches, warm_up=1)
    assert len(seen) == 2, f"the model was called {len(seen)} times for 2 batches"
    for (inputs, training), (_, target) in zip(seen, batches, strict=True):
        assert_close(inputs, torch.cat([torch.ones(3, 1, dtype=torch.int64), target[:, :-1]], 1), name="inputs")
        assert training, "the model is trained in evaluation mode"


@train_seq2seq
def test_training_steps(student, rng):
    """Losses and weights are those of Adam with the rate of the formula, padding left out, gradients clipped."""
    batches = [make_reversals(3, 1, 5, 5, rng.generator()) for _ in range(4)]
    theirs, ours = student.Reader(8, 4), student.Reader(8, 4)
    state = {name: 0.4 * rng.randn(*value.shape) for name, value in ours.state_dict().items()}
    theirs.load_state_dict({name: value.clone() for name, value in state.items()})
    means, squares = ({name: torch.zeros_like(value) for name, value in state.items()} for _ in range(2))
    wanted = []
    for step, (rate, (source, target)) in enumerate(zip((0.5, 1.0, 1.0, 0.525), batches, strict=True), 1):
        ours.load_state_dict(state)
        ours.zero_grad()
        logits = ours(source, torch.cat([torch.ones(3, 1, dtype=torch.int64), target[:, :-1]], 1))
        loss = F.cross_entropy(logits[target > 0], target[target > 0])
        loss.backward()
        gradients = {name: parameter.grad for name, parameter in ours.named_parameters()}
        norm = torch.stack([gradient.square().sum() for gradient in gradients.values()]).sum().sqrt()
        for name, gradient in gradients.items():
            shortened = gradient * (0.5 / (norm + 1e-6)).clamp(max=1)
            means[name] = 0.9 * means[name] + 0.1 * shortened
            squares[name] = 0.999 * squares[name] + 0.001 * shortened.square()
            root = (squares[name] / (1 - 0.999**step)).sqrt() + 1e-8
            state[name] = state[name] - 0.02 * rate * means[name] / (1 - 0.9**step) / root
        wanted.append(loss.item())
    got = student.train_seq2seq(theirs, batches, lr=0.02, warm_up=2, max_norm=0.5)
    assert_close(torch.tensor(got), torch.tensor(wanted), rtol=1e-3, atol=1e-3, name="losses of the four steps")


@train_seq2seq
def test_training_learns(student, rng):
    """Short strings of four letters, to be reversed: after 60 steps the loss has fallen to a half."""
    torch.manual_seed(rng.seed())
    batches = [make_reversals(16, 2, 3, 4, rng.generator()) for _ in range(60)]
    losses = student.train_seq2seq(student.Reader(7, 16), batches, lr=0.02, warm_up=5)
    first, last = sum(losses[:5]) / 5, sum(losses[-5:]) / 5
    assert last < 0.5 * first, f"the loss went from {first:.2f} to {last:.2f}"


# ------------------------------------------------------------------------------------------ spatial_attention
spatial_attention = pytest.mark.exercise("spatial_attention")


def opened(student, rng, channels, **named):
    """A block with larger weights and an open gate."""
    block = student.SpatialAttention(channels, **named)
    state = {name: 0.6 * rng.randn(*value.shape) for name, value in block.state_dict().items()}
    state["gate"] = torch.tensor([0.8])
    block.load_state_dict(state)
    return block, {name: value[:, :, 0, 0] for name, value in state.items() if name != "gate"}


@spatial_attention
@pytest.mark.gate
def test_block_shapes(student, rng):
    """The example: 16 channels on 6x4 with pooling have weights (24, 6) and 321 parameters."""
    block, x = student.SpatialAttention(16, pool=True), rng.randn(2, 16, 6, 4)
    assert tuple(block(x).shape) == (2, 16, 6, 4), f"the output has shape {tuple(block(x).shape)}"
    assert tuple(block.weights(x).shape) == (2, 24, 6), f"the weights have shape {tuple(block.weights(x).shape)}"
    count = sum(p.numel() for _, p in block.named_parameters())
    assert count == 321, f"there are {count} parameters instead of 321"


@spatial_attention
def test_block_is_the_identity(student, rng):
    """A new block changes nothing, and its gate gets a gradient."""
    block, x = student.SpatialAttention(8), rng.randn(2, 8, 3, 5)
    assert_close(block(x), x, rtol=0, atol=0, name="output of a new block")
    (block(x) * rng.randn(2, 8, 3, 5)).sum().backward()
    grad = dict(block.named_parameters())["gate"].grad
    assert grad is not None and float(grad.abs()) > 0, "no gradient reaches the gate"


@spatial_attention
@pytest.mark.parametrize("pool", [False, True])
def test_block_by_places(student, rng, pool):
    """Output and weights are those of attention among the places, with an open gate, on an image that is not square."""
    block, w = opened(student, rng, 6, inner=2, pool=pool)
    x = 0.7 * rng.randn(2, 6, 5, 2)
    q, k, v = (torch.einsum("oc,nchw->nohw", w[f"{name}.weight"], x) for name in ("query", "key", "value"))
    if pool:
        k, v = F.max_pool2d(k, 2), F.max_pool2d(v, 2)
    weights = torch.einsum("nca,ncb->nab", q.flatten(2), k.flatten(2)).softmax(2)
    found = torch.einsum("nab,ncb->nca", weights, v.flatten(2)).reshape(2, 3, 5, 2)
    want = x + 0.8 * torch.einsum("oc,nchw->nohw", w["output.weight"], found)
    assert_close(block.weights(x), weights, rtol=1e-3, atol=1e-5, name="weights")
    assert_close(block(x), want, rtol=1e-3, atol=1e-4, name="output")


@spatial_attention
def test_block_permutation_and_gradients(student, rng):
    """Permuted pixels give permuted outputs, and every parameter gets a gradient."""
    block, _ = opened(student, rng, 8)
    x, order = rng.randn(1, 8, 2, 3), torch.tensor([3, 5, 0, 4, 1, 2])
    got = block(x.flatten(2)[:, :, order].reshape(x.shape))
    assert_close(got, block(x).flatten(2)[:, :, order].reshape(x.shape), rtol=1e-3, atol=1e-4, name="output of permuted pixels")
    got.square().sum().backward()
    for name, parameter in block.named_parameters():
        assert parameter.grad is not None and float(parameter.grad.abs().sum()) > 0, f"no gradient reaches {name}"


@spatial_attention
def test_block_is_your_own(student, not_allowed):
    """It is written by hand: PyTorch's attention is not used."""
    assert_own(student.SpatialAttention, not_allowed)


# ---------------------------------------------------------------------------------------------- attention_cnn
attention_cnn = pytest.mark.exercise("attention_cnn")


@attention_cnn
@pytest.mark.gate
def test_cnn_shape(student, rng):
    """Logits (N, classes); 5,130 parameters for ten classes without a block."""
    net = student.attention_cnn()
    assert tuple(net(rng.rand(3, 1, 8, 8)).shape) == (3, 10), "the logits of 3 images have the shape (3, 10)"
    count = sum(p.numel() for _, p in net.named_parameters())
    assert count == 5130, f"there are {count} parameters instead of 5130"


@attention_cnn
def test_cnn_block(student, rng):
    """A new block changes nothing; once its gate is open it does; images may have other sizes; its gate gets a gradient."""
    block = student.PixelAttention(32)
    net, images = student.attention_cnn(5, block), rng.rand(2, 1, 6, 10)
    before = net(images).detach()
    assert tuple(before.shape) == (2, 5), f"the logits have shape {tuple(before.shape)}"
    state = block.state_dict()
    block.load_state_dict({**state, "gate": torch.tensor([3.0])})
    after = net(images)
    assert not torch.allclose(after, before), "opening the gate of the block changes no logit"
    after.square().sum().backward()
    assert dict(block.named_parameters())["gate"].grad is not None, "no gradient reaches the gate"
    block.load_state_dict({**state, "gate": torch.tensor([0.0])})
    assert_close(net(images), before, rtol=1e-5, atol=1e-6, name="logits with the gate closed again")


@attention_cnn
def test_cnn_learns(student, rng):
    """Zeros and ones are told apart after four epochs."""
    digits = load_digits()
    train, test = digits.train_labels < 2, digits.test_labels < 2
    torch.manual_seed(rng.seed())
    net = student.attention_cnn(2, student.PixelAttention(32))
    student.fit_classifier(net, digits.train_images[train], digits.train_labels[train], 4, rng.seed())
    with torch.no_grad():
        hits = (net(digits.test_images[test]).argmax(1) == digits.test_labels[test]).float().mean()
    assert float(hits) > 0.9, f"{float(hits):.2f} of zeros and ones are told apart"
