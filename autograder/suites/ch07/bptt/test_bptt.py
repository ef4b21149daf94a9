"""Hidden suite of `bptt`; the oracle is autograd through the loop over time, in float64.

Tolerance: sums of at most 200 products of float64 numbers, carried over at most 12 steps by matrices of norm about 1.
"""

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [pytest.mark.exercise("bptt"), pytest.mark.shares(runs=17, plain=18, options=48, invariants=18)]

FLOAT64 = {"rtol": 1e-8, "atol": 1e-10}
FLOAT32 = {"rtol": 1e-3, "atol": 1e-4}
NAMES = ("grad_x", "grad_h0", "grad_w_x", "grad_w_h", "grad_b")


def sequences(rng, n, steps, features, hidden, dtype=torch.float64):
    """x, h0, w_x, w_h, b."""
    w_h = 0.6 * rng.randn(hidden, hidden, dtype=dtype) / hidden**0.5
    return (
        rng.randn(n, steps, features, dtype=dtype),
        rng.uniform(-0.9, 0.9, n, hidden, dtype=dtype),
        0.8 * rng.randn(hidden, features, dtype=dtype),
        w_h + 0.5 * torch.eye(hidden, dtype=dtype).roll(1, 0),
        0.5 * rng.randn(hidden, dtype=dtype),
    )


def forward(x, lengths, h0, w_x, w_h, b):
    """States of all steps, zero where a sequence has ended."""
    h, outputs = h0, []
    for t in range(x.shape[1]):
        running = (t < lengths)[:, None]
        h = torch.where(running, torch.tanh(x[:, t] @ w_x.T + h @ w_h.T + b), h)
        outputs.append(h * running)
    return torch.stack(outputs, 1)


def oracle(grad_outputs, x, lengths, h0, w_x, w_h, b):
    """Outputs, and autograd's gradients in x, h0, w_x, w_h, b."""
    leaves = [tensor.detach().clone().requires_grad_() for tensor in (x, h0, w_x, w_h, b)]
    outputs = forward(leaves[0], lengths, *leaves[1:])
    return outputs.detach(), torch.autograd.grad(outputs, leaves, grad_outputs)


def agrees(student, rng, lengths, steps, features, hidden, dtype=torch.float64, filling=0.0):
    """The student's gradients against autograd's; the padding of x and grad_outputs is filled with a number."""
    lengths = torch.tensor(lengths)
    x, h0, w_x, w_h, b = sequences(rng, len(lengths), steps, features, hidden, dtype)
    grad_outputs = rng.randn(len(lengths), steps, hidden, dtype=dtype)
    outputs, wanted = oracle(grad_outputs, x, lengths, h0, w_x, w_h, b)
    ended = torch.arange(steps) >= lengths[:, None]
    x, grad_outputs = (tensor.masked_fill(ended[:, :, None], filling) for tensor in (x, grad_outputs))
    got = student.bptt(grad_outputs, x, lengths, h0, outputs, w_x, w_h)
    for grad, want, name in zip(got, wanted, NAMES, strict=True):
        assert_close(grad, want, **(FLOAT64 if dtype == torch.float64 else FLOAT32), name=name)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """Five gradients come back, as tensors."""
    x, h0, w_x, w_h, b = sequences(rng, 3, 4, 2, 5)
    lengths = torch.tensor([4, 4, 4])
    grads = student.bptt(
        torch.ones(3, 4, 5).double(), x, lengths, h0, forward(x, lengths, h0, w_x, w_h, b), w_x, w_h
    )
    assert isinstance(grads, (tuple, list)) and len(grads) == 5, "five gradients are returned"
    for grad, name in zip(grads, NAMES, strict=True):
        assert isinstance(grad, torch.Tensor), f"{name} must be a tensor"


@pytest.mark.level("plain")
def test_one_step(student, rng):
    """For sequences of one step the gradients are those of one step."""
    agrees(student, rng, [1, 1, 1], 1, 2, 4)


@pytest.mark.level("plain")
def test_loss_at_the_last_step(student, rng):
    """A loss that looks at the last output alone sends gradients back to the first input and to h0."""
    lengths = torch.tensor([5, 5])
    x, h0, w_x, w_h, b = sequences(rng, 2, 5, 3, 4)
    grad_outputs = torch.zeros(2, 5, 4, dtype=torch.float64)
    grad_outputs[:, -1] = rng.randn(2, 4, dtype=torch.float64)
    outputs, wanted = oracle(grad_outputs, x, lengths, h0, w_x, w_h, b)
    got = student.bptt(grad_outputs, x, lengths, h0, outputs, w_x, w_h)
    for grad, want, name in zip(got, wanted, NAMES, strict=True):
        assert_close(grad, want, **FLOAT64, name=name)


@pytest.mark.level("plain")
@pytest.mark.parametrize(("n", "steps", "features", "hidden"), [(3, 6, 2, 4), (2, 4, 5, 3), (4, 9, 1, 5)])
def test_whole_sequences(student, rng, n, steps, features, hidden):
    """Where no sequence is padded, all five gradients are autograd's."""
    agrees(student, rng, [steps] * n, steps, features, hidden)


@pytest.mark.level("plain")
@pytest.mark.parametrize("which", range(5), ids=NAMES)
def test_each(student, rng, which):
    """Where no sequence is padded, each gradient by itself is autograd's."""
    lengths = torch.tensor([5, 5, 5])
    x, h0, w_x, w_h, b = sequences(rng, 3, 5, 2, 4)
    grad_outputs = rng.randn(3, 5, 4, dtype=torch.float64)
    outputs, wanted = oracle(grad_outputs, x, lengths, h0, w_x, w_h, b)
    got = student.bptt(grad_outputs, x, lengths, h0, outputs, w_x, w_h)
    assert_close(got[which], wanted[which], **FLOAT64, name=NAMES[which])


@pytest.mark.level("options")
@pytest.mark.parametrize(("lengths", "filling"), [([6, 2, 4], 0.0), ([1, 6, 3], 0.5), ([3, 3, 5], -2.0)])
def test_lengths(student, rng, lengths, filling):
    """With lengths too, all five gradients are autograd's, and the padding's is 0."""
    agrees(student, rng, lengths, 6, 2, 4, filling=filling)


@pytest.mark.level("options")
@pytest.mark.parametrize("filling", [7.0, -1e20])
def test_padding_is_irrelevant(student, rng, filling):
    """What stands in the padding of x or of grad_outputs changes no gradient."""
    agrees(student, rng, [5, 2, 3], 5, 3, 4, filling=filling)


@pytest.mark.level("options")
@pytest.mark.parametrize(
    ("lengths", "steps", "features", "hidden"),
    [([7], 7, 2, 3), ([4], 7, 2, 3), ([5, 1], 5, 1, 1), ([12, 1, 11], 12, 3, 3)],
)
def test_edges(student, rng, lengths, steps, features, hidden):
    """A batch of one, whole or padded, one feature and one unit, a long sequence beside one of one step."""
    agrees(student, rng, lengths, steps, features, hidden)


@pytest.mark.level("options")
def test_views(student, rng):
    """Arguments whose memory lies otherwise give the same."""
    lengths = torch.tensor([4, 2, 3])
    x, h0, w_x, w_h, b = sequences(rng, 3, 4, 2, 5)
    outputs, wanted = oracle(torch.ones(3, 4, 5).double(), x, lengths, h0, w_x, w_h, b)
    turned = [tensor.transpose(0, 1).contiguous().transpose(0, 1) for tensor in (x, h0, outputs, w_x, w_h)]
    x, h0, outputs, w_x, w_h = turned
    got = student.bptt(torch.ones(1, 1, 1).double().expand(3, 4, 5), x, lengths, h0, outputs, w_x, w_h)
    for grad, want, name in zip(got, wanted, NAMES, strict=True):
        assert_close(grad, want, **FLOAT64, name=name)


@pytest.mark.level("invariants")
def test_no_gradient_from_later_losses_alone(student, rng):
    """A loss at step 2 alone sends nothing to the inputs after it, and something to every one before."""
    lengths = torch.tensor([6, 6])
    x, h0, w_x, w_h, b = sequences(rng, 2, 6, 3, 4)
    grad_outputs = torch.zeros(2, 6, 4, dtype=torch.float64)
    grad_outputs[:, 2] = 1.0
    grad_x = student.bptt(grad_outputs, x, lengths, h0, forward(x, lengths, h0, w_x, w_h, b), w_x, w_h)[0]
    assert float(grad_x[:, 3:].abs().max()) == 0.0, "inputs after the loss get a gradient"
    assert bool((grad_x[:, :3].abs().amax(2) > 0).all()), "an input before the loss gets no gradient"


@pytest.mark.level("invariants")
def test_one_by_one(student, rng):
    """A batch's gradients are those of its sequences alone, and the weights' are their sums."""
    lengths = torch.tensor([4, 6, 2])
    x, h0, w_x, w_h, b = sequences(rng, 3, 6, 2, 4)
    grad_outputs = rng.randn(3, 6, 4, dtype=torch.float64)
    outputs = forward(x, lengths, h0, w_x, w_h, b)
    whole = student.bptt(grad_outputs, x, lengths, h0, outputs, w_x, w_h)
    alone = []
    for i, length in enumerate(lengths.tolist()):
        row, piece = slice(i, i + 1), slice(0, length)
        alone.append(
            student.bptt(
                grad_outputs[row, piece], x[row, piece], lengths[row], h0[row], outputs[row, piece], w_x, w_h
            )
        )
        assert_close(whole[0][row, piece], alone[-1][0], **FLOAT64, name="grad_x in the batch")
        assert_close(whole[1][row], alone[-1][1], **FLOAT64, name="grad_h0 in the batch")
    for which in (2, 3, 4):
        assert_close(whole[which], sum(grads[which] for grads in alone), **FLOAT64, name=NAMES[which])


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """float32 in, float32 out."""
    agrees(student, rng, [4, 2, 3], 4, 2, 3, torch.float32)
