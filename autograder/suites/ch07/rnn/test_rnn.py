"""Hidden suite of `rnn`; the oracle is torch.nn.RNN on packed sequences with copied weights.

Tolerance: a state is at most 1 and its rounding error grows by the norm of W_h a step. Weights have a spectral norm
near 1 and sequences at most 12 steps, so that float32 states agree to 1e-5.
"""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from autograder.testing import assert_close

pytestmark = [pytest.mark.exercise("rnn"), pytest.mark.shares(runs=7, plain=29, options=17, invariants=46)]

FLOAT32 = {"rtol": 1e-4, "atol": 2e-5}
FLOAT64 = {"rtol": 1e-9, "atol": 1e-11}
NAMES = ("x", "h0", "w_x", "w_h", "b")


def weights(rng, features, hidden, dtype=torch.float32, requires_grad=False):
    """w_x, w_h, b, with a recurrence that is far from symmetric."""
    w_h = 0.6 * rng.randn(hidden, hidden, dtype=dtype) / hidden**0.5
    return (
        (0.8 * rng.randn(hidden, features, dtype=dtype)).requires_grad_(requires_grad),
        (w_h + 0.5 * torch.eye(hidden, dtype=dtype).roll(1, 0)).requires_grad_(requires_grad),
        (0.5 * rng.randn(hidden, dtype=dtype)).requires_grad_(requires_grad),
    )


def oracle(x, lengths, h0, w_x, w_h, b):
    """torch's network on packed sequences."""
    network = nn.RNN(w_x.shape[1], len(w_x), batch_first=True, dtype=x.dtype)
    named = {"weight_ih_l0": w_x, "weight_hh_l0": w_h, "bias_ih_l0": b, "bias_hh_l0": torch.zeros_like(b)}
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    outputs, last = torch.func.functional_call(network, named, (packed, h0[None]))
    return pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])[0], last[0]


def running(lengths, steps):
    """True (N, T, 1) where a sequence has not ended."""
    return (torch.arange(steps) < torch.as_tensor(lengths)[:, None])[:, :, None]


def same(got, want, lengths, tolerance=FLOAT32):
    """Outputs where sequences run, and last states; what stands after their end is judged by `test_after_the_end`."""
    outputs, last = got
    assert outputs.shape == want[0].shape, (
        f"the outputs have shape {tuple(outputs.shape)} instead of {tuple(want[0].shape)}"
    )
    valid = torch.where(running(lengths, outputs.shape[1]), outputs, torch.zeros_like(outputs))
    assert_close(valid, want[0], **tolerance, name="outputs of the steps before each sequence's end")
    assert_close(last, want[1], **tolerance, name="last state")


def agrees(student, rng, n, steps, features, hidden, lengths, dtype=torch.float32, zero=False):
    """The student's network against torch's."""
    x, h0 = rng.randn(n, steps, features, dtype=dtype), rng.uniform(-0.9, 0.9, n, hidden, dtype=dtype)
    given = (x, torch.tensor(lengths), 0 * h0 if zero else h0, *weights(rng, features, hidden, dtype))
    same(student.rnn(*given), oracle(*given), lengths, FLOAT64 if dtype == torch.float64 else FLOAT32)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """rnn runs and returns the outputs (N, T, H) and the last states (N, H)."""
    found = student.rnn(rng.randn(3, 5, 2), torch.tensor([5, 5, 5]), torch.zeros(3, 4), *weights(rng, 2, 4))
    assert isinstance(found, (tuple, list)) and len(found) == 2, "rnn returns (outputs, last)"
    for tensor, shape, name in zip(found, ((3, 5, 4), (3, 4)), ("outputs", "last"), strict=True):
        assert isinstance(tensor, torch.Tensor), f"{name} must be a tensor"
        assert tensor.shape == shape, f"{name}: the shape is {tuple(tensor.shape)} instead of {shape}"


@pytest.mark.level("plain")
def test_by_hand(student):
    """One unit that adds its input: from 0.5, inputs 0 and 1 lead to tanh(0.5), then to tanh(1 + tanh(0.5))."""
    one = torch.ones(1, 1)
    x, h0 = torch.tensor([[[0.0], [1.0]]]), torch.tensor([[0.5]])
    outputs, last = student.rnn(x, torch.tensor([2]), h0, one, one, torch.zeros(1))
    first = torch.tensor(0.5).tanh()
    second = (1 + first).tanh()
    assert_close(outputs, torch.stack([first, second]).reshape(1, 2, 1), **FLOAT32, name="outputs")
    assert_close(last, second.reshape(1, 1), **FLOAT32, name="last state")


@pytest.mark.level("plain")
@pytest.mark.parametrize(("n", "steps", "features", "hidden"), [(3, 6, 2, 4), (2, 9, 5, 3), (5, 4, 3, 7)])
def test_whole_sequences(student, rng, n, steps, features, hidden):
    """Where no sequence is padded, outputs and last states are those of PyTorch's network, from any h0."""
    agrees(student, rng, n, steps, features, hidden, [steps] * n)


@pytest.mark.level("plain")
@pytest.mark.parametrize(("n", "steps", "features", "hidden"), [(3, 5, 4, 2), (2, 7, 2, 6)])
def test_from_zero(student, rng, n, steps, features, hidden):
    """From states of zeros, the commonest beginning, outputs and last states are those of PyTorch's network."""
    agrees(student, rng, n, steps, features, hidden, [steps] * n, zero=True)


@pytest.mark.level("plain")
@pytest.mark.parametrize("lengths", [[7, 3, 5, 1], [2, 7, 7, 4], [4, 4, 2, 6]])
def test_lengths(student, rng, lengths):
    """With lengths, each sequence's outputs are those of its own steps, and its last state is that of its last step."""
    agrees(student, rng, 4, 7, 3, 5, lengths)


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize("lengths", [[6, 2, 4], [1, 5, 3]])
def test_after_the_end(student, rng, lengths):
    """After a sequence's end its outputs are zero."""
    given = rng.randn(3, 6, 2), torch.tensor(lengths), rng.uniform(-0.9, 0.9, 3, 4), *weights(rng, 2, 4)
    outputs, _ = student.rnn(*given)
    after = torch.where(running(lengths, 6), torch.zeros_like(outputs), outputs)
    assert_close(after, torch.zeros(3, 6, 4), rtol=0, atol=0, name="outputs after the end of a sequence")


@pytest.mark.level("options")
@pytest.mark.parametrize(
    ("n", "steps", "features", "hidden", "lengths"),
    [
        (1, 8, 3, 4, [8]),
        (1, 8, 3, 4, [5]),
        (3, 1, 2, 4, [1, 1, 1]),
        (2, 5, 1, 1, [1, 5]),
        (3, 12, 2, 3, [12, 1, 11]),
    ],
)
def test_edges(student, rng, n, steps, features, hidden, lengths):
    """A batch of one, one step, one feature, one unit, sequences of one step beside long ones."""
    agrees(student, rng, n, steps, features, hidden, lengths)


@pytest.mark.level("options")
def test_nobody_is_full(student, rng):
    """A batch in which every sequence ends before the last step."""
    agrees(student, rng, 3, 8, 2, 4, [6, 2, 5])


@pytest.mark.level("options")
@pytest.mark.parametrize("filling", [0.0, -3.0, 1e30])
def test_padding_is_irrelevant(student, rng, filling):
    """Whatever finite number stands in the padding, outputs and last states are the same."""
    lengths = torch.tensor([6, 2, 4])
    x, h0, w = rng.randn(3, 6, 3), rng.uniform(-0.9, 0.9, 3, 4), weights(rng, 3, 4)
    want = oracle(x, lengths, h0, *w)
    x[1, 2:], x[2, 4:] = filling, filling
    same(student.rnn(x, lengths, h0, *w), want, lengths)


@pytest.mark.level("options")
def test_views(student, rng):
    """Transposed, sliced and expanded arguments give the same as contiguous ones."""
    x, h0 = rng.randn(7, 4, 3).transpose(0, 1), rng.uniform(-0.9, 0.9, 1, 5).expand(4, 5)
    w_x, w_h, b = weights(rng, 3, 5)
    lengths = torch.tensor([7, 0, 3, 0, 6, 0, 1, 0])[::2]
    given = (x, lengths, h0, w_x.T.contiguous().T, w_h.T.contiguous().T, b)
    same(student.rnn(*given), oracle(*given), lengths)


def gradients(function, given, lengths, directions):
    """Gradients of a weighted sum of valid outputs and last states in x, h0 and the weights."""
    x, h0, *w = (tensor.detach().clone().requires_grad_() for tensor in given)
    outputs, last = function(x, lengths, h0, *w)
    valid = directions[0] * running(lengths, x.shape[1])
    ((outputs * valid).sum() + (last * directions[1]).sum()).backward()
    return [tensor.grad for tensor in (x, h0, *w)]


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
@pytest.mark.parametrize("lengths", [[5, 5, 5], [5, 2, 4]])
def test_gradients(student, rng, lengths):
    """x, h0 and the weights get the gradients of PyTorch's network, through outputs and last states."""
    double = torch.float64
    given = (
        rng.randn(3, 5, 2, dtype=double),
        rng.uniform(-0.9, 0.9, 3, 4, dtype=double),
        *weights(rng, 2, 4, double),
    )
    directions = rng.randn(3, 5, 4, dtype=double), rng.randn(3, 4, dtype=double)
    wanted = gradients(oracle, given, torch.tensor(lengths), directions)
    got = gradients(student.rnn, given, torch.tensor(lengths), directions)
    for grad, want, name in zip(got, wanted, NAMES, strict=True):
        assert grad is not None, f"no gradient reaches {name}"
        assert_close(grad, want, **FLOAT64, name=f"gradient of {name}")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
@pytest.mark.parametrize("filling", [0.0, 5.0, 1e30])
def test_padding_gets_no_gradient(student, rng, filling):
    """Padding has the gradient 0, and what stands in it changes no other gradient."""
    double, lengths = torch.float64, torch.tensor([3, 6, 1])
    given = (
        rng.randn(3, 6, 2, dtype=double),
        rng.uniform(-0.9, 0.9, 3, 4, dtype=double),
        *weights(rng, 2, 4, double),
    )
    directions = rng.randn(3, 6, 4, dtype=double), rng.randn(3, 4, dtype=double)
    wanted = gradients(oracle, given, lengths, directions)
    given[0][0, 3:], given[0][2, 1:] = filling, filling
    got = gradients(student.rnn, given, lengths, directions)
    for grad, want, name in zip(got, wanted, NAMES, strict=True):
        assert grad is not None, f"no gradient reaches {name}"
        assert_close(grad, want, **FLOAT64, name=f"gradient of {name}")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_one_by_one(student, rng):
    """A batch of mixed lengths gives what its sequences give alone, unpadded."""
    lengths, w = [4, 7, 2], weights(rng, 3, 5)
    x, h0 = rng.randn(3, 7, 3), rng.uniform(-0.9, 0.9, 3, 5)
    outputs, last = student.rnn(x, torch.tensor(lengths), h0, *w)
    for i, length in enumerate(lengths):
        alone, end = student.rnn(x[i : i + 1, :length], torch.tensor([length]), h0[i : i + 1], *w)
        assert_close(outputs[i : i + 1, :length], alone, **FLOAT32, name="outputs in the batch")
        assert_close(last[i : i + 1], end, **FLOAT32, name="last state in the batch")


@pytest.mark.level("invariants")
def test_causal(student, rng):
    """An output depends on no later input."""
    lengths, w = torch.tensor([6, 6]), weights(rng, 2, 3)
    x, h0 = rng.randn(2, 6, 2), rng.uniform(-0.9, 0.9, 2, 3)
    before, _ = student.rnn(x, lengths, h0, *w)
    x[:, 4:] = rng.randn(2, 2, 2)
    after, _ = student.rnn(x, lengths, h0, *w)
    assert_close(after[:, :4], before[:, :4], **FLOAT32, name="outputs before the change")
    assert not torch.allclose(after[:, 4:], before[:, 4:]), "outputs after the change stay as they were"


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """float64 in, float64 out, with float64's precision."""
    agrees(student, rng, 3, 5, 2, 4, [5, 1, 3], torch.float64)
