"""The tests you are given: run by the check cells of the notebook, or by `pytest` in this folder.

Each exercise has a ladder: shape, a value worked out by hand, PyTorch, autograd or enumeration as the oracle, a small
run. Your work is graded by more tests than these, on other shapes and other numbers. `student` is your notebook.
"""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from selfcheck import assert_close, assert_own, gradcheck

# -------------------------------------------------------------------------------------------------- lstm_cell
lstm_cell = pytest.mark.exercise("lstm_cell")


def lstm_arguments(rng, n, features, hidden, dtype=torch.float32):
    """x, h, c, w_x, w_h, b; the cell state is larger than 1."""
    shapes = ((n, features), (n, hidden), (n, hidden), (4 * hidden, features), (4 * hidden, hidden), (4 * hidden,))
    x, h, c, *weights = (0.8 * rng.randn(*s, dtype=dtype) for s in shapes)
    return (x, h.tanh(), 2 * c, *weights)


@lstm_cell
@pytest.mark.gate
def test_lstm_cell_shape(student, rng):
    """The step returns h and c, both (N, H)."""
    h, c = student.lstm_cell(*lstm_arguments(rng, 3, 2, 5))
    assert tuple(h.shape) == (3, 5) and tuple(c.shape) == (3, 5), "for 3 samples and 5 units h and c have shape (3, 5)"


@lstm_cell
def test_lstm_cell_by_hand(student):
    """With weights of zero and the biases of the example, c = 1 stays 1 and h is 0.5 tanh 1."""
    b = torch.tensor([0.0, math.log(9), math.atanh(0.2), 0.0])
    one = torch.ones(1, 1)
    h, c = student.lstm_cell(0 * one, 0 * one, one, torch.zeros(4, 1), torch.zeros(4, 1), b)
    assert_close(c, one, rtol=1e-5, atol=1e-6, name="cell state")
    assert_close(h, 0.5 * one.tanh(), rtol=1e-5, atol=1e-6, name="hidden state")


@lstm_cell
def test_lstm_cell_matches_torch(student, rng):
    """h and c are those of PyTorch's cell with the same weights, for a batch and for one sample."""
    for n in (4, 1):
        x, h, c, w_x, w_h, b = lstm_arguments(rng, n, 3, 2)
        cell, named = nn.LSTMCell(3, 2), {"weight_ih": w_x, "weight_hh": w_h, "bias_ih": b, "bias_hh": 0 * b}
        want = torch.func.functional_call(cell, named, (x, (h, c)))
        got = student.lstm_cell(x, h, c, w_x, w_h, b)
        for tensor, expected, name in zip(got, want, ("h", "c"), strict=True):
            assert_close(tensor, expected, rtol=1e-4, atol=1e-5, name=name)


@lstm_cell
def test_lstm_cell_gradients(student, rng):
    """Gradients reach all six arguments, in float64 with finite differences as the judge."""
    given = [t.requires_grad_() for t in lstm_arguments(rng, 2, 3, 2, torch.float64)]
    assert gradcheck(lambda *a: torch.cat(list(student.lstm_cell(*a)), 1), given)


@lstm_cell
def test_lstm_start(student, rng):
    """Weights lie within 1/sqrt(H), biases are zero but for the forget gate's, and equal generators give equal weights."""
    w_x, w_h, b = student.lstm_start(3, 4, 2.5, torch.Generator().manual_seed(1))
    assert [tuple(t.shape) for t in (w_x, w_h, b)] == [(16, 3), (16, 4), (16,)], "shapes are (4H, D), (4H, H), (4H,)"
    assert float(w_x.abs().max()) <= 0.5 and float(w_h.abs().max()) <= 0.5, "a weight lies outside 1/sqrt(H)"
    assert_close(b, torch.tensor([0.0] * 4 + [2.5] * 4 + [0.0] * 8), name="bias")
    again = student.lstm_start(3, 4, 2.5, torch.Generator().manual_seed(1))
    assert_close(again[1], w_h, name="weights from an equal generator")


@lstm_cell
def test_lstm_cell_is_your_own(student, not_allowed):
    """The step is written by hand: PyTorch's recurrent cells are not used."""
    assert_own(student.lstm_cell, not_allowed)


# --------------------------------------------------------------------------------------------------- gru_cell
gru_cell = pytest.mark.exercise("gru_cell")


def gru_arguments(rng, n, features, hidden, dtype=torch.float32):
    """x, h, w_x, w_h, b_x, b_h."""
    shapes = ((n, features), (n, hidden), (3 * hidden, features), (3 * hidden, hidden), (3 * hidden,), (3 * hidden,))
    return tuple(0.8 * rng.randn(*s, dtype=dtype) for s in shapes)


@gru_cell
@pytest.mark.gate
def test_gru_cell_shape(student, rng):
    """The new state has shape (N, H)."""
    h = student.gru_cell(*gru_arguments(rng, 2, 3, 4))
    assert tuple(h.shape) == (2, 4), f"for 2 samples and 4 units the state has shape {tuple(h.shape)}"


@gru_cell
def test_gru_cell_by_hand(student):
    """The example: all weights zero but the candidate's second bias, 1; from h = 0.5 to 0.481."""
    zero = torch.zeros(3, 1)
    b_h = torch.tensor([0.0, 0.0, 1.0])
    h = student.gru_cell(torch.zeros(1, 1), torch.full((1, 1), 0.5), zero, zero, 0 * b_h, b_h)
    want = torch.full((1, 1), 0.5 * math.tanh(0.5) + 0.25)
    assert_close(h, want, rtol=1e-5, atol=1e-6, name="new state")


@gru_cell
def test_gru_cell_matches_torch(student, rng):
    """The new state is that of PyTorch's cell with the same weights, for a batch and for one sample."""
    for n in (3, 1):
        x, h, w_x, w_h, b_x, b_h = gru_arguments(rng, n, 2, 5)
        named = {"weight_ih": w_x, "weight_hh": w_h, "bias_ih": b_x, "bias_hh": b_h}
        want = torch.func.functional_call(nn.GRUCell(2, 5), named, (x, h))
        assert_close(student.gru_cell(x, h, w_x, w_h, b_x, b_h), want, rtol=1e-4, atol=1e-5, name="new state")


@gru_cell
def test_gru_cell_gradients(student, rng):
    """Gradients reach all six arguments, in float64 with finite differences as the judge."""
    assert gradcheck(student.gru_cell, [t.requires_grad_() for t in gru_arguments(rng, 2, 3, 2, torch.float64)])


@gru_cell
def test_gru_cell_is_your_own(student, not_allowed):
    """The step is written by hand: PyTorch's recurrent cells are not used."""
    assert_own(student.gru_cell, not_allowed)


# ---------------------------------------------------------------------------------------------- cell_gradient
cell_gradient = pytest.mark.exercise("cell_gradient")


@cell_gradient
@pytest.mark.gate
def test_carousel_by_hand(student):
    """Forget gates 0.5, 0.9, 0.8 give the products 1, 0.8 and 0.72."""
    got = student.carousel(torch.tensor([[0.5], [0.9], [0.8]], dtype=torch.float64))
    assert_close(got, torch.tensor([[1.0], [0.8], [0.72]], dtype=torch.float64), name="products")


@cell_gradient
def test_carousel_edges(student):
    """A gate of 0 ends all memory, one of 1 keeps it; a single step has lag 0 only."""
    got = student.carousel(torch.tensor([[0.3, 0.7], [0.0, 1.0], [0.5, 1.0]]))
    assert_close(got, torch.tensor([[1.0, 1.0], [0.5, 1.0], [0.0, 1.0]]), name="products")
    assert_close(student.carousel(torch.tensor([[0.2, 0.4]])), torch.ones(1, 2), name="products of one step")


@cell_gradient
def test_half_life_bias(student):
    """The gate that belongs to the bias, taken so many times, is a half."""
    for steps in (1, 10, 250):
        gate = 1 / (1 + math.exp(-student.half_life_bias(steps)))
        assert abs(gate**steps - 0.5) < 1e-9, f"after {steps} steps {gate**steps:.4f} of a memory is left, not a half"


@cell_gradient
def test_cell_backward_by_hand(student):
    """The example: 0.0105, 0.0189, 0.1008, 0.1904 in the pre-activations and 0.189 in the cell before."""
    given = [torch.tensor([[v]], dtype=torch.float64) for v in (1.0, 0.0, 1.0, 1.0, 0.5, 0.9, 0.2, 0.5)]
    grad_a, grad_c = student.lstm_cell_backward(*given)
    want = torch.tensor([[0.0105, 0.0189, 0.1008, 0.1904]], dtype=torch.float64)
    assert_close(grad_a, want, rtol=0, atol=1e-4, name="grad_a")
    assert_close(grad_c, torch.tensor([[0.189]], dtype=torch.float64), rtol=0, atol=1e-4, name="grad_c_before")


@cell_gradient
def test_cell_backward_matches_autograd(student, rng):
    """Both results are autograd's, for gradients that come through h, through c, and through both."""
    for through_h, through_c in ((1.0, 0.0), (0.0, 1.0), (1.0, 1.0)):
        a, before = (rng.randn(3, k, dtype=torch.float64, requires_grad=True) for k in (8, 2))
        i, f, g, o = a.chunk(4, 1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        c = f * before + i * g
        grad_h, grad_c = through_h * rng.randn(3, 2, dtype=torch.float64), through_c * rng.randn(3, 2, dtype=torch.float64)
        want = torch.autograd.grad([o * c.tanh(), c], [a, before], [grad_h, grad_c])
        got = student.lstm_cell_backward(grad_h, grad_c, *(t.detach() for t in (before, c, i, f, g, o)))
        for tensor, expected, name in zip(got, want, ("grad_a", "grad_c_before"), strict=True):
            assert_close(tensor, expected, name=name)


@cell_gradient
def test_cell_gradient_is_your_own(student, not_allowed):
    """The gradients are written by hand: autograd is not used."""
    assert_own(student.lstm_cell_backward, not_allowed)


# -------------------------------------------------------------------------------------------- recurrent_layer
recurrent_layer = pytest.mark.exercise("recurrent_layer")


def leaky_sum(x, states, weights):
    """A step that can be followed by hand: h = x + 0.5 h."""
    return (x + 0.5 * states[0],)


def lstm_weights(rng, features, hidden, dtype=torch.float32):
    """w_x, w_h, b_x, b_h."""
    shapes = ((4 * hidden, features), (4 * hidden, hidden), (4 * hidden,), (4 * hidden,))
    return [0.6 * rng.randn(*s, dtype=dtype) for s in shapes]


def lstm_step(x, states, weights):
    return torch.lstm_cell(x, list(states), *weights)


def torch_lstm(x, lengths, weights, states):
    """PyTorch's LSTM of one layer, in as many directions as there are weights, on packed sequences."""
    layer = nn.LSTM(x.shape[2], states[0].shape[2], batch_first=True, bidirectional=len(weights) == 2, dtype=x.dtype)
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    named = {n + s: w for s, ws in zip(("", "_reverse"), weights, strict=False) for n, w in zip(names, ws, strict=True)}
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    outputs, last = torch.func.functional_call(layer, named, (packed, states))
    return nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])[0], last


@recurrent_layer
@pytest.mark.gate
def test_recurrent_layer_by_hand(student):
    """With h = x + h / 2 from 0, the inputs 1, 2, 4 give 1, 2.5, 5.25, and backwards 3, 4, 4."""
    x, zero = torch.tensor([[[1.0], [2.0], [4.0]]]), torch.zeros(1, 1)
    for backwards, want, end in ((False, [1.0, 2.5, 5.25], 5.25), (True, [3.0, 4.0, 4.0], 3.0)):
        outputs, last = student.recurrent_layer(leaky_sum, x, torch.tensor([3]), [], (zero,), backwards)
        assert_close(outputs, torch.tensor(want).reshape(1, 3, 1), name=f"outputs with backwards={backwards}")
        assert_close(last[0], torch.tensor([[end]]), name=f"last state with backwards={backwards}")


@recurrent_layer
def test_recurrent_layer_lengths(student):
    """Each sequence is read to its own end, or from it; its outputs are zero after the end."""
    x, zero = torch.tensor([[[1.0], [2.0], [9.0]], [[4.0], [2.0], [8.0]]]), torch.zeros(2, 1)
    for backwards, want in ((False, [[1, 2.5, 0], [4, 4, 10]]), (True, [[2, 2, 0], [7, 6, 8]])):
        outputs, _ = student.recurrent_layer(leaky_sum, x, torch.tensor([2, 3]), [], (zero,), backwards)
        assert_close(outputs[:, :, 0], torch.tensor(want).float(), name=f"outputs with backwards={backwards}")


@recurrent_layer
def test_recurrent_layer_matches_torch(student, rng):
    """With the step of an LSTM, outputs and both last states are those of PyTorch's layer, forwards and backwards."""
    x, lengths = rng.randn(3, 5, 2), torch.tensor([3, 5, 1])
    weights = [lstm_weights(rng, 2, 4), lstm_weights(rng, 2, 4)]
    states = rng.randn(2, 3, 4).tanh(), rng.randn(2, 3, 4)
    want, (h, c) = torch_lstm(x, lengths, weights, states)
    for k in (0, 1):
        given = (weights[k], tuple(s[k] for s in states), k == 1)
        outputs, last = student.recurrent_layer(lstm_step, x, lengths, *given)
        assert_close(outputs, want[:, :, 4 * k : 4 * k + 4], rtol=1e-4, atol=1e-5, name=f"outputs of direction {k}")
        assert_close(last[0], h[k], rtol=1e-4, atol=1e-5, name=f"last hidden state of direction {k}")
        assert_close(last[1], c[k], rtol=1e-4, atol=1e-5, name=f"last cell state of direction {k}")


@recurrent_layer
def test_recurrent_layer_padding(student, rng):
    """What stands in the padding changes nothing, and its gradient is 0."""
    x, lengths, weights = rng.randn(2, 4, 3), torch.tensor([2, 4]), lstm_weights(rng, 3, 2)
    states = torch.zeros(2, 2), torch.zeros(2, 2)
    before = student.recurrent_layer(lstm_step, x, lengths, weights, states, True)[0]
    x[0, 2:] = 1e30
    x.requires_grad_()
    outputs, last = student.recurrent_layer(lstm_step, x, lengths, weights, states, True)
    assert_close(outputs, before, rtol=1e-5, atol=1e-6, name="outputs after a change of the padding")
    (outputs.sum() + last[1].sum()).backward()
    assert_close(x.grad[0, 2:], torch.zeros(2, 3), name="gradient of the padding")


# ---------------------------------------------------------------------------------------------------- stacked
stacked = pytest.mark.exercise("stacked")


def simple_layer(x, lengths, weights, states, backwards):
    """A layer of h = tanh(x w + h / 2), by a loop over sequences."""
    outputs, lasts = torch.zeros(len(x), x.shape[1], weights[0].shape[1]), []
    for n, length in enumerate(lengths.tolist()):
        h = states[0][n]
        for t in reversed(range(length)) if backwards else range(length):
            h = torch.tanh(x[n, t] @ weights[0] + 0.5 * h)
            outputs[n, t] = h
        lasts.append(h)
    return outputs, (torch.stack(lasts),)


@stacked
@pytest.mark.gate
def test_stacked_shapes(student, rng):
    """Two layers in two directions: outputs (N, T, 2H), last states (4, N, H)."""
    weights = [[[rng.randn(k, 4)] for _ in range(2)] for k in (3, 8)]
    lengths = torch.tensor([5, 2])
    outputs, last = student.stacked(simple_layer, rng.randn(2, 5, 3), lengths, weights, (torch.zeros(4, 2, 4),))
    assert tuple(outputs.shape) == (2, 5, 8), f"the outputs have shape {tuple(outputs.shape)}"
    assert tuple(last[0].shape) == (4, 2, 4), f"the last states have shape {tuple(last[0].shape)}"


@stacked
def test_stacked_matches_its_layers(student, rng):
    """Layer by layer and direction by direction, from the right states, with something between the layers."""
    weights = [[[rng.randn(k, 3)] for _ in range(2)] for k in (2, 6)]
    x, lengths, states = rng.randn(2, 4, 2), torch.tensor([4, 3]), rng.randn(4, 2, 3)
    inputs, ends = x, []
    for number in (0, 1):
        inputs = inputs if number == 0 else 3 * inputs
        found = [simple_layer(inputs, lengths, weights[number][k], (states[2 * number + k],), k == 1) for k in (0, 1)]
        inputs = torch.cat([found[0][0], found[1][0]], 2)
        ends += [found[0][1][0], found[1][1][0]]
    outputs, last = student.stacked(simple_layer, x, lengths, weights, (states,), lambda outputs: 3 * outputs)
    assert_close(outputs, inputs, rtol=1e-5, atol=1e-6, name="outputs")
    assert_close(last[0], torch.stack(ends), rtol=1e-5, atol=1e-6, name="last states")


@stacked
def test_stacked_one_layer(student, rng):
    """One layer in one direction is that layer alone; nothing is applied between."""
    x, lengths, weights = rng.randn(3, 4, 2), torch.tensor([4, 1, 2]), [[[rng.randn(2, 5)]]]
    states = rng.randn(1, 3, 5)
    outputs, last = student.stacked(simple_layer, x, lengths, weights, (states,), lambda outputs: 0 * outputs)
    want, end = simple_layer(x, lengths, weights[0][0], (states[0],), False)
    assert_close(outputs, want, rtol=1e-5, atol=1e-6, name="outputs")
    assert_close(last[0][0], end[0], rtol=1e-5, atol=1e-6, name="last state")


@stacked
def test_sentence_vectors(student):
    """The last layer's states side by side, each sentence by itself."""
    last = torch.arange(12.0).reshape(4, 3, 1)
    assert_close(student.sentence_vectors(last, 2), torch.tensor([[6.0, 9.0], [7.0, 10.0], [8.0, 11.0]]), name="vectors")
    assert_close(student.sentence_vectors(last, 1), torch.tensor([[9.0], [10.0], [11.0]]), name="vectors of one direction")


# ---------------------------------------------------------------------------------------------- find_the_leak
find_the_leak = pytest.mark.exercise("find_the_leak")


@find_the_leak
@pytest.mark.gate
def test_two_sided_by_hand(student):
    """Forward outputs 1, 2, 3 and backward outputs 4, 5, 6 give [0, 5], [1, 6], [2, 0]."""
    forwards, backwards = torch.tensor([1.0, 2.0, 3.0]).reshape(1, 3, 1), torch.tensor([4.0, 5.0, 6.0]).reshape(1, 3, 1)
    want = torch.tensor([[[0.0, 5.0], [1.0, 6.0], [2.0, 0.0]]])
    assert_close(student.two_sided(forwards, backwards), want, name="what stands on both sides")
    assert_close(student.two_sided(forwards[:, :1], backwards[:, :1]), torch.zeros(1, 1, 2), name="of one place")


@find_the_leak
def test_reads_the_character_before(student):
    """A model that looks at the character before reads the diagonal below the main one."""

    def model(ids):
        table = torch.tensor([[0.0, 1.0], [2.0, -1.0], [3.0, 0.5]])
        return F.pad(table[ids], (0, 0, 1, 0))[:, :-1]

    got = student.reads(model, torch.tensor([2, 0, 1, 1]), 3)
    assert_close(got, torch.ones(4, 4).tril(-1).triu(-1).bool(), name="what is read")


@find_the_leak
def test_reads_every_character(student):
    """Two characters of the same effect do not hide what is read: some other one changes the scores."""

    def model(ids):
        return torch.tensor([1.0, 1.0, 5.0])[ids][:, :, None].cumsum(1)

    got = student.reads(model, torch.tensor([0, 1, 0]), 3)
    assert_close(got, torch.ones(3, 3).tril().bool(), name="what is read")


@find_the_leak
def test_two_sided_gradients(student, rng):
    """Gradients reach both directions, which may have different sizes."""
    given = [rng.randn(2, 3, k, dtype=torch.float64, requires_grad=True) for k in (2, 1)]
    assert gradcheck(student.two_sided, given)


# ------------------------------------------------------------------------------------------ train_long_memory
train_long_memory = pytest.mark.exercise("train_long_memory")


@train_long_memory
@pytest.mark.gate
def test_adding_problem(student):
    """Two marks, one in each half; the target is the sum of the two numbers; an equal generator gives equal sequences."""
    inputs, targets = student.adding_problem(50, 7, torch.Generator().manual_seed(2))
    assert tuple(inputs.shape) == (50, 7, 2) and tuple(targets.shape) == (50,), "inputs are (n, steps, 2), targets (n,)"
    numbers, marks = inputs.unbind(2)
    assert_close(marks[:, :3].sum(1), torch.ones(50), name="marks in the first half")
    assert_close(marks[:, 3:].sum(1), torch.ones(50), name="marks in the second half")
    assert_close(targets, (numbers * marks).sum(1), rtol=1e-5, atol=1e-6, name="targets")
    again = student.adding_problem(50, 7, torch.Generator().manual_seed(2))[0]
    assert_close(again, inputs, name="sequences from an equal generator")


@train_long_memory
def test_copy_memory(student):
    """Symbols, blanks, the signal, blanks: with 3 symbols, length 2 and a delay of 4, eight steps of five channels."""
    inputs, targets = student.copy_memory(6, 4, torch.Generator().manual_seed(3), symbols=3, length=2)
    assert tuple(inputs.shape) == (6, 8, 5), f"the inputs have shape {tuple(inputs.shape)}"
    shown = inputs.argmax(2)
    assert_close(inputs.sum(2), torch.ones(6, 8), name="ones at each step")
    assert_close(shown[:, :2], targets, name="symbols at the beginning")
    assert_close(shown[:, 2:], torch.tensor([3, 3, 3, 4, 3, 3]).repeat(6, 1), name="blanks and the signal")


@train_long_memory
def test_train_memory_first_step(student, rng):
    """The loss returned is the one before the step, and the step is Adam's: it moves every weight by the rate."""
    for targets in (rng.randn(5), rng.randint(0, 4, (5, 2))):
        outputs = 0 if targets.is_floating_point() else 4
        model, x = student.memory_net("gru", 3, 6, outputs), rng.randn(5, 7, 3)
        with torch.no_grad():
            answer = model(x)
            want = F.mse_loss(answer, targets) if outputs == 0 else F.cross_entropy(answer[:, -2:].mT, targets)
        before = {name: p.detach().clone() for name, p in model.named_parameters()}
        losses = student.train_memory(model, [(x, targets)], lr=0.01)
        assert abs(losses[0] - float(want)) < 1e-5, f"the first loss is {losses[0]:.5f} instead of {float(want):.5f}"
        moved = max(float((p.detach() - before[name]).abs().max()) for name, p in model.named_parameters())
        assert abs(moved - 0.01) < 1e-4, f"after one step of rate 0.01 the weights have moved by {moved:.5f} at most"


@train_long_memory
def test_train_memory_learns(student):
    """Sequences of four steps are added by a GRU after 100 batches."""
    torch.manual_seed(0)
    generator, model = torch.Generator().manual_seed(1), student.memory_net("gru", 2, 16)
    losses = student.train_memory(model, [student.adding_problem(32, 4, generator) for _ in range(100)])
    assert len(losses) == 100, "there is one loss for each batch"
    mean = sum(losses[-20:]) / 20
    assert mean < 0.1, f"the last squared errors are {mean:.3f}; answering 1 always has 0.167"


# -------------------------------------------------------------------------------------------- encoder_decoder
encoder_decoder = pytest.mark.exercise("encoder_decoder")


@encoder_decoder
@pytest.mark.gate
def test_encode_lengths(student, rng):
    """The state of each source is that after its own last token, whatever stands in the padding."""
    model, source, lengths = student.translator(7, 9, 5), rng.randint(0, 7, (3, 4)), torch.tensor([2, 4, 1])
    state = student.encode(model, source, lengths)
    assert tuple(state.shape) == (3, 5), f"for 3 sources and 5 units the state has shape {tuple(state.shape)}"
    for n, length in enumerate(lengths.tolist()):
        alone = student.encode(model, source[n : n + 1, :length], torch.tensor([length]))
        assert_close(state[n : n + 1], alone, rtol=1e-5, atol=1e-6, name=f"state of source {n}")


@encoder_decoder
def test_teacher_forced(student, rng):
    """The scores are those of the decoder that is told START and the targets before."""
    model, state, targets = student.translator(5, 6, 4), rng.randn(2, 4), torch.tensor([[3, 4, 2], [5, 2, 0]])
    got = student.teacher_forced(model, state, targets)
    want, _ = model(torch.tensor([[1, 3, 4], [1, 5, 2]]), state)
    assert_close(got, want, rtol=1e-5, atol=1e-6, name="scores")


@encoder_decoder
def test_teacher_forced_sees_no_target(student, rng):
    """A change of target m changes no score at m or before."""
    model, state, targets = student.translator(5, 6, 4), rng.randn(2, 4), rng.randint(0, 6, (2, 5))
    before = student.teacher_forced(model, state, targets)
    targets[:, 2] = (targets[:, 2] + 1) % 6
    after = student.teacher_forced(model, state, targets)
    assert_close(after[:, :3], before[:, :3], rtol=1e-5, atol=1e-6, name="scores up to the changed target")
    assert not torch.allclose(after[:, 3:], before[:, 3:]), "later scores do not know the changed target"


@encoder_decoder
def test_sequence_loss(student, rng):
    """The loss is the mean over the five tokens that exist, and padding gets no gradient."""
    logits, targets = rng.randn(2, 4, 3, requires_grad=True), rng.randint(0, 3, (2, 4))
    loss = student.sequence_loss(logits, targets, torch.tensor([1, 4]))
    parts = [F.cross_entropy(logits[n, m], targets[n, m]) for n, m in [(0, 0), (1, 0), (1, 1), (1, 2), (1, 3)]]
    assert_close(loss, sum(parts).detach() / 5, rtol=1e-5, atol=1e-6, name="loss")
    loss.backward()
    assert_close(logits.grad[0, 1:], torch.zeros(3, 3), name="gradient of the padding")


# ----------------------------------------------------------------------------------------------------- greedy
greedy = pytest.mark.exercise("greedy")
TINY = torch.tensor([[0.0, 0.6, 0.4], [0.3, 0.4, 0.3], [0.9, 0.05, 0.05]]).clamp(min=1e-9).log()


def tiny_step(tokens, state):
    """The language of the notebook: END and START are 0, a is 1, b is 2."""
    return TINY[tokens], state


def counting_step(tokens, state):
    """A language whose word k is k + 1, until the number in the state is reached; then END, which is 0."""
    following = torch.where(tokens < state[:, 0], tokens + 1, torch.zeros_like(tokens))
    return F.one_hot(following, 9).float().add(1e-3).log(), state


@greedy
@pytest.mark.gate
def test_greedy_by_hand(student):
    """In the tiny language greedy writes a until the limit."""
    assert student.greedy(tiny_step, torch.zeros(1, 1), 0, 0, 4) == [[1, 1, 1, 1]]


@greedy
def test_greedy_ends(student):
    """Sentences end at their own END, which is not written, or at the limit."""
    got = student.greedy(counting_step, torch.tensor([[3.0], [0.0], [7.0]]), 0, 0, 5)
    assert got == [[1, 2, 3], [], [1, 2, 3, 4, 5]], f"the sentences are {got}"


# ----------------------------------------------------------------------------------------------------- expand
expand = pytest.mark.exercise("expand")


@expand
@pytest.mark.gate
def test_expand_by_hand(student):
    """The example: sums -2, -2.5, -2.7 of the parents 0, 1, 1 and the tokens 0, 0, 2."""
    log_probs = torch.tensor([[-1.0, -3.0, -2.0], [-0.5, -4.0, -0.7]])
    parents, tokens, scores = student.expand(torch.tensor([-1.0, -2.0]), log_probs, 3)
    assert_close(scores, torch.tensor([-2.0, -2.5, -2.7]), rtol=1e-5, atol=1e-6, name="scores")
    assert_close(parents, torch.tensor([0, 1, 1]), name="parents")
    assert_close(tokens, torch.tensor([0, 0, 2]), name="tokens")


@expand
def test_expand_few(student, rng):
    """Where fewer extensions exist than the width, all are returned."""
    parents, tokens, scores = student.expand(torch.zeros(1), rng.randn(1, 4), 9)
    assert sorted(tokens.tolist()) == [0, 1, 2, 3] and parents.tolist() == [0] * 4, "all four extensions are asked for"
    assert scores.tolist() == sorted(scores.tolist(), reverse=True), "the best comes first"


# ------------------------------------------------------------------------------------------------ beam_search
beam_search = pytest.mark.exercise("beam_search")


def random_language(rng, vocab_size):
    """A step whose probabilities depend on the last token and on a state that remembers the one before."""
    table = (2 * rng.randn(vocab_size, vocab_size, vocab_size)).log_softmax(2)
    return lambda tokens, state: (table[state[:, 0].long(), tokens], tokens[:, None].float())


def every_sentence(step, vocab_size, limit, alpha):
    """All sentences (END is 0) with their scores, the best first."""
    found = []
    for length in range(1, limit + 1):
        for words in itertools.product(range(vocab_size), repeat=length):
            if 0 in words[:-1] or (words[-1] != 0 and length < limit):
                continue
            total, tokens, state = 0.0, torch.tensor([0]), torch.zeros(1, 1)
            for word in words:
                log_probs, state = step(tokens, state)
                total, tokens = total + float(log_probs[0, word]), torch.tensor([word])
            found.append(([w for w in words if w], total / length**alpha))
    return sorted(found, key=lambda pair: -pair[1])


@beam_search
@pytest.mark.gate
def test_beam_search_by_hand(student):
    """The example: a beam of two and a limit of two find b with -0.511, then a a with -0.714."""
    found = student.beam_search(tiny_step, torch.zeros(1, 1), 0, 0, 2, 2)
    assert [tokens for tokens, _ in found] == [[2], [1, 1]], f"the sentences are {[tokens for tokens, _ in found]}"
    for (_, score), want in zip(found, (math.log(0.36) / 2, math.log(0.24) / 2), strict=True):
        assert abs(score - want) < 1e-4, f"the score is {score:.4f} instead of {want:.4f}"


@beam_search
def test_beam_of_everything(student, rng):
    """With room for all sentences, the best three are those of an exhaustive search, for each alpha."""
    for alpha in (0.0, 0.7, 1.0):
        step = random_language(rng, 3)
        found = student.beam_search(step, torch.zeros(1, 1), 0, 0, 100, 3, alpha)
        for (tokens, score), (best, want) in zip(found[:3], every_sentence(step, 3, 3, alpha), strict=False):
            assert tokens == best and abs(score - want) < 1e-4, f"with alpha {alpha} {best} is missing or out of place"


@beam_search
def test_beam_of_one_is_greedy(student, rng):
    """A beam of one finds what greedy finds."""
    for _ in range(5):
        step = random_language(rng, 4)
        tokens, state, words = torch.tensor([0]), torch.zeros(1, 1), []
        for _ in range(6):
            log_probs, state = step(tokens, state)
            tokens = log_probs.argmax(1)
            if int(tokens) == 0:
                break
            words.append(int(tokens))
        found = student.beam_search(step, torch.zeros(1, 1), 0, 0, 1, 6)
        assert len(found) == 1 and found[0][0] == words, f"a beam of one gives {found}, greedy {words}"


# ---------------------------------------------------------------------------------------------- train_speller
train_speller = pytest.mark.exercise("train_speller")


@train_speller
@pytest.mark.gate
def test_train_speller_loss(student):
    """The first loss is the mean cross-entropy of the words that exist, under teacher forcing; one loss for each epoch."""
    model, batches = student.speller(hidden=12), student.number_batches([7, 1234, 60, 905, 18], 5)
    source, lengths, targets, target_lengths = batches[0]
    with torch.no_grad():
        inputs = torch.cat([torch.ones_like(targets[:, :1]), targets[:, :-1]], 1)
        logits, valid = model(source, lengths, inputs), torch.arange(targets.shape[1]) < target_lengths[:, None]
        want = float(F.cross_entropy(logits[valid], targets[valid]))
    losses = student.train_speller(model, batches, epochs=2, lr=0.01)
    assert len(losses) == 2, "there is one loss for each epoch"
    assert abs(losses[0] - want) < 1e-4, f"the first loss is {losses[0]:.4f} instead of {want:.4f}"


@train_speller
def test_train_speller_learns_by_heart(student):
    """Five numbers are learnt by heart."""
    torch.manual_seed(0)
    losses = student.train_speller(student.speller(hidden=24), student.number_batches([7, 1234, 60, 905, 18], 5), 60, 0.02)
    assert losses[-1] < 0.2, f"after 60 epochs the loss of five numbers is still {losses[-1]:.3f}"


# ----------------------------------------------------------------------------------------------- walk_forward
walk_forward = pytest.mark.exercise("walk_forward")


def persistence(windows, targets, queries):
    """Forecasts the last value of each query."""
    return queries[:, -1]


@walk_forward
@pytest.mark.gate
def test_walk_forward_persistence(student, rng):
    """With persistence as the forecaster, the forecasts are the values `horizon` steps before."""
    series = rng.randn(20, dtype=torch.float64)
    for horizon in (1, 3):
        got = student.walk_forward(persistence, series, 2, 11, 4, horizon)
        assert_close(got, series[11 - horizon : 20 - horizon], name=f"forecasts with horizon {horizon}")


@walk_forward
def test_walk_forward_windows(student):
    """The table of the notebook: horizon 2, width 3, forecast for t = 7; the last target is the value of t = 5."""
    asked = []

    def forecaster(windows, targets, queries):
        asked.append((windows, targets, queries))
        return queries[:, -1]

    series = torch.tensor([3.0, -1, 4, 1, -5, 9, 2, 6], dtype=torch.float64)
    student.walk_forward(forecaster, series, 3, 7, 1, 2)
    scaled = (series - series[:6].mean()) / series[:6].std(correction=0)
    windows, targets, queries = asked[0]
    assert_close(windows, torch.stack([scaled[:3], scaled[1:4]]), name="training windows")
    assert_close(targets, scaled[4:6], name="training targets")
    assert_close(queries, scaled[None, 3:6], name="query")


@walk_forward
def test_walk_forward_no_future(student, rng):
    """Values that are not known yet change no forecast."""
    series = rng.randn(18, dtype=torch.float64)

    def mean_target(windows, targets, queries):
        return targets.mean() + 0.3 * queries.sum(1)

    before = student.walk_forward(mean_target, series, 3, 9, 2, 2)
    series[13:] += 50.0
    after = student.walk_forward(mean_target, series, 3, 9, 2, 2)
    assert_close(after[:6], before[:6], name="forecasts of t = 9 to 14, made from values up to t = 12")


@walk_forward
def test_forecast_errors(student):
    """Errors 1 and -3 beside persistence's 2 and 4: root of 5, 2, and a skill of one half."""
    truth = torch.tensor([10.0, 20.0])
    got = student.forecast_errors(torch.tensor([11.0, 17.0]), truth, torch.tensor([12.0, 24.0]))
    for value, want in zip(got, (math.sqrt(5), 2.0, 0.5), strict=True):
        assert abs(float(value) - want) < 1e-5, f"an error is {float(value):.4f} instead of {want:.4f}"
