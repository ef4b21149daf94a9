"""Hidden suite of `recurrent_layer`. Oracles: torch's LSTM and GRU on packed sequences with copied weights, in both
directions; a step of three states of different sizes, followed sequence by sequence.
"""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("recurrent_layer"),
    pytest.mark.shares(runs=6, plain=42, options=26, invariants=26),
]

FLOAT32 = {"rtol": 1e-4, "atol": 2e-5}
FLOAT64 = {"rtol": 1e-9, "atol": 1e-11}
NAMES = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
BOTH = pytest.mark.parametrize("backwards", [False, True])


def lstm(x, states, weights):
    return tuple(torch.lstm_cell(x, list(states), *weights))


def gru(x, states, weights):
    return (torch.gru_cell(x, states[0], *weights),)


def three(x, states, weights):
    """Three states of different sizes: h, what has been summed up, and how many steps were made."""
    h, total, count = states
    h = torch.tanh(x @ weights[0] + 0.5 * h + 0.1 * total.sum(1, keepdim=True))
    return h, total + x, count + 1


def parameters(rng, blocks, features, hidden, dtype=torch.float32):
    shapes = ((blocks * hidden, features), (blocks * hidden, hidden), (blocks * hidden,), (blocks * hidden,))
    return [0.6 * rng.randn(*s, dtype=dtype) for s in shapes]


def packed(kind, x, lengths, weights, states, backwards):
    """torch's layer; the backward direction is the second one of a layer whose first has the same weights."""
    layer = kind(x.shape[2], states[0].shape[1], batch_first=True, bidirectional=True, dtype=x.dtype)
    named = {n + s: w for s in ("", "_reverse") for n, w in zip(NAMES, weights, strict=True)}
    begin = [torch.stack([s, s]) for s in states]
    sequences = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    outputs, last = torch.func.functional_call(
        layer, named, (sequences, tuple(begin) if len(begin) > 1 else begin[0])
    )
    outputs = pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])[0]
    last = last if isinstance(last, tuple) else (last,)
    return outputs.chunk(2, 2)[backwards], tuple(s[int(backwards)] for s in last)


def case(rng, kind, n, steps, features, hidden, dtype=torch.float32):
    """step, torch's kind, x, weights, states."""
    blocks, step, torchs, count = {"lstm": (4, lstm, nn.LSTM, 2), "gru": (3, gru, nn.GRU, 1)}[kind]
    states = tuple(rng.uniform(-0.9, 0.9, n, hidden, dtype=dtype) for _ in range(count))
    return (
        step,
        torchs,
        rng.randn(n, steps, features, dtype=dtype),
        parameters(rng, blocks, features, hidden, dtype),
        states,
    )


def running(lengths, steps):
    return (torch.arange(steps) < torch.as_tensor(lengths)[:, None])[:, :, None]


def same(got, want, lengths, tolerance=FLOAT32):
    """Outputs where sequences run, and last states; zeros after the end are judged by a test of their own."""
    outputs, last = got
    assert isinstance(last, tuple | list) and len(last) == len(want[1]), (
        "the last states are a tuple like those handed in"
    )
    valid = torch.where(running(lengths, outputs.shape[1]), outputs, torch.zeros_like(outputs))
    assert_close(valid, want[0], **tolerance, name="outputs of the steps before each sequence's end")
    for number, (state, expected) in enumerate(zip(last, want[1], strict=True)):
        assert_close(state, expected, **tolerance, name=f"last state {number}")


def agrees(student, rng, kind, n, steps, features, hidden, lengths, backwards, dtype=torch.float32):
    step, torchs, x, weights, states = case(rng, kind, n, steps, features, hidden, dtype)
    got = student.recurrent_layer(step, x, torch.tensor(lengths), weights, states, backwards)
    want = packed(torchs, x, torch.tensor(lengths), weights, states, backwards)
    same(got, want, lengths, FLOAT64 if dtype == torch.float64 else FLOAT32)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """recurrent_layer runs and returns outputs (N, T, H) and a tuple of last states."""
    step, _, x, weights, states = case(rng, "lstm", 3, 5, 2, 4)
    outputs, last = student.recurrent_layer(step, x, torch.tensor([5, 5, 5]), weights, states)
    assert tuple(outputs.shape) == (3, 5, 4), f"outputs have shape (3, 5, 4), not {tuple(outputs.shape)}"
    assert isinstance(last, tuple | list) and len(last) == 2, "an LSTM has two last states"
    assert all(tuple(s.shape) == (3, 4) for s in last), "last states have shape (N, H)"


@pytest.mark.level("plain")
@pytest.mark.parametrize("kind", ["lstm", "gru"])
@pytest.mark.weight(2)
def test_whole_sequences(student, rng, kind):
    """Forwards, where no sequence is padded, outputs and last states are those of PyTorch's layer."""
    agrees(student, rng, kind, 3, 6, 2, 4, [6, 6, 6], False)


@pytest.mark.level("plain")
@pytest.mark.parametrize("kind", ["lstm", "gru"])
@pytest.mark.weight(2)
def test_whole_sequences_backwards(student, rng, kind):
    """Backwards, where no sequence is padded: outputs stand at the places of their inputs."""
    agrees(student, rng, kind, 2, 5, 3, 4, [5, 5], True)


@pytest.mark.level("plain")
@pytest.mark.parametrize("lengths", [[7, 3, 5, 1], [2, 7, 7, 4]])
@pytest.mark.weight(2)
def test_lengths(student, rng, lengths):
    """Forwards with lengths, each sequence ends at its own last step."""
    agrees(student, rng, "lstm", 4, 7, 3, 5, lengths, False)


@pytest.mark.level("plain")
@pytest.mark.parametrize("lengths", [[7, 3, 5, 1], [2, 6, 7, 4]])
@pytest.mark.weight(3)
def test_lengths_backwards(student, rng, lengths):
    """Backwards with lengths, each sequence begins at its own last step."""
    agrees(student, rng, "lstm", 4, 7, 3, 5, lengths, True)


@pytest.mark.level("plain")
@BOTH
@pytest.mark.weight(2)
def test_after_the_end(student, rng, backwards):
    """After a sequence's end its outputs are zero."""
    step, _, x, weights, states = case(rng, "gru", 3, 6, 2, 4)
    outputs, _ = student.recurrent_layer(step, x, torch.tensor([6, 2, 4]), weights, states, backwards)
    after = torch.where(running([6, 2, 4], 6), torch.zeros_like(outputs), outputs)
    assert_close(after, torch.zeros(3, 6, 4), rtol=0, atol=0, name="outputs after the end of a sequence")


@pytest.mark.level("options")
@BOTH
@pytest.mark.parametrize(
    ("n", "steps", "features", "hidden", "lengths"),
    [(1, 5, 3, 4, [5]), (1, 5, 3, 4, [2]), (3, 1, 2, 4, [1, 1, 1]), (2, 4, 1, 1, [1, 4])],
)
def test_edges(student, rng, n, steps, features, hidden, lengths, backwards):
    """A batch of one, one step, one feature, one unit."""
    agrees(student, rng, "lstm", n, steps, features, hidden, lengths, backwards)


@pytest.mark.level("options")
@BOTH
@pytest.mark.weight(2)
def test_three_states(student, rng, backwards):
    """A step of three states of different sizes; outputs are the first, and each stops at the sequence's end."""
    x, lengths, weights = rng.randn(3, 5, 2), [4, 1, 5], [rng.randn(2, 4)]
    states = rng.randn(3, 4), rng.randn(3, 2), torch.zeros(3, 1)
    outputs, lasts = torch.zeros(3, 5, 4), []
    for n, length in enumerate(lengths):
        one = tuple(s[n : n + 1] for s in states)
        for t in range(length - 1, -1, -1) if backwards else range(length):
            one = three(x[n : n + 1, t], one, weights)
            outputs[n, t] = one[0][0]
        lasts.append(one)
    want = outputs, tuple(torch.cat(parts) for parts in zip(*lasts, strict=True))
    same(student.recurrent_layer(three, x, torch.tensor(lengths), weights, states, backwards), want, lengths)


@pytest.mark.level("options")
@BOTH
@pytest.mark.parametrize("filling", [0.0, -3.0, 1e30])
def test_padding_is_irrelevant(student, rng, backwards, filling):
    """Whatever finite number stands in the padding, outputs and last states are the same."""
    step, torchs, x, weights, states = case(rng, "lstm", 3, 6, 3, 4)
    lengths = torch.tensor([6, 2, 4])
    want = packed(torchs, x, lengths, weights, states, backwards)
    x[1, 2:], x[2, 4:] = filling, filling
    same(student.recurrent_layer(step, x, lengths, weights, states, backwards), want, [6, 2, 4])


@pytest.mark.level("options")
@BOTH
@pytest.mark.weight(2)
def test_padding_that_overflows(student, rng, backwards):
    """Padding beside which the step would overflow changes nothing; its gradient, and all others, stay finite."""

    def rising(x, states, weights):
        return (0.5 * states[0] + x.exp() * weights[0],)

    lengths, values = torch.tensor([4, 2, 3]), 0.5 * rng.randn(3, 4, 2)
    x, state, weight = values.clone(), rng.randn(3, 2), rng.randn(2)
    x[1, 2:], x[2, 3:] = 3e38, 900.0
    want, end = torch.zeros(3, 4, 2), state.clone()
    for n, length in enumerate(lengths.tolist()):
        for t in range(length - 1, -1, -1) if backwards else range(length):
            want[n, t] = end[n] = 0.5 * end[n] + values[n, t].exp() * weight
    x, weight = x.requires_grad_(), weight.requires_grad_()
    got = student.recurrent_layer(rising, x, lengths, [weight], (state,), backwards)
    same(got, (want, (end,)), [4, 2, 3])
    (got[0].sum() + got[1][0].sum()).backward()
    for tensor, name in ((x, "x"), (weight, "the weights")):
        assert tensor.grad is not None, f"no gradient reaches {name}"
        assert bool(tensor.grad.isfinite().all()), f"the gradient of {name} is not finite"
    padding = ~running([4, 2, 3], 4).expand(3, 4, 2)
    assert_close(x.grad[padding], torch.zeros(int(padding.sum())), rtol=0, atol=0, name="gradient of padding")


@pytest.mark.level("options")
@BOTH
def test_views(student, rng, backwards):
    """Transposed, sliced and expanded arguments; a batch in which every sequence ends before the last step."""
    step, torchs, x, weights, states = case(rng, "gru", 4, 6, 3, 5)
    x, states = x.transpose(0, 1).contiguous().transpose(0, 1), (states[0][:1].expand(4, 5),)
    lengths = torch.tensor([5, 0, 3, 0, 4, 0, 1, 0])[::2]
    want = packed(torchs, x, lengths, weights, states, backwards)
    same(student.recurrent_layer(step, x, lengths, weights, states, backwards), want, lengths)


@pytest.mark.level("invariants")
@BOTH
@pytest.mark.weight(3)
def test_gradients(student, rng, backwards):
    """x, the states and the weights get the gradients of PyTorch's layer; padding gets 0."""
    step, torchs, x, weights, states = case(rng, "lstm", 3, 5, 2, 4, torch.float64)
    lengths = torch.tensor([5, 2, 4])
    x[1, 2:], x[2, 4:] = 1e20, -7.0
    weigh = (
        rng.randn(3, 5, 4, dtype=torch.float64) * running(lengths, 5),
        rng.randn(3, 4, dtype=torch.float64),
    )
    found = []
    for ours in (True, False):
        leaves = [t.detach().clone().requires_grad_() for t in (x, *states, *weights)]
        given = leaves[0], lengths, leaves[3:], tuple(leaves[1:3]), backwards
        outputs, last = packed(torchs, *given) if ours else student.recurrent_layer(step, *given)
        (
            (outputs * weigh[0]).sum() + (last[0] * weigh[1]).sum() + (last[1] * weigh[1].flip(0)).sum()
        ).backward()
        found.append([t.grad for t in leaves])
    for want, grad, name in zip(*found, ("x", "h", "c", "w_x", "w_h", "b_x", "b_h"), strict=True):
        assert grad is not None, f"no gradient reaches {name}"
        assert_close(grad, want, **FLOAT64, name=f"gradient of {name}")


@pytest.mark.level("invariants")
@BOTH
@pytest.mark.weight(2)
def test_one_by_one(student, rng, backwards):
    """A batch of mixed lengths gives what its sequences give alone, unpadded."""
    lengths = [4, 6, 2]
    step, _, x, weights, states = case(rng, "lstm", 3, 6, 3, 4)
    outputs, last = student.recurrent_layer(step, x, torch.tensor(lengths), weights, states, backwards)
    for n, length in enumerate(lengths):
        row = slice(n, n + 1)
        alone, end = student.recurrent_layer(
            step, x[row, :length], torch.tensor([length]), weights, tuple(s[row] for s in states), backwards
        )
        assert_close(outputs[row, :length], alone, **FLOAT32, name="outputs in the batch")
        assert_close(last[1][row], end[1], **FLOAT32, name="last cell state in the batch")


@pytest.mark.level("invariants")
@BOTH
@pytest.mark.weight(2)
def test_what_is_read(student, rng, backwards):
    """Forwards an output depends on no later input, backwards on no earlier one."""
    step, _, x, weights, states = case(rng, "gru", 2, 6, 2, 3)
    lengths, changed = torch.tensor([6, 5]), slice(0, 2) if backwards else slice(4, 6)
    before, _ = student.recurrent_layer(step, x, lengths, weights, states, backwards)
    x[:, changed] = rng.randn(2, 2, 2)
    after, _ = student.recurrent_layer(step, x, lengths, weights, states, backwards)
    kept = slice(2, 6) if backwards else slice(0, 4)
    assert_close(after[:, kept], before[:, kept], **FLOAT32, name="outputs that have not read the change")
    assert not torch.allclose(after[:, changed], before[:, changed]), (
        "outputs that have read the change stay as they were"
    )


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """float64 in, float64 out, with float64's precision."""
    agrees(student, rng, "lstm", 3, 4, 2, 3, [4, 1, 3], True, torch.float64)
