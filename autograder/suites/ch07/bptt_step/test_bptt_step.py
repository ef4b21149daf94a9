"""Hidden suite of `bptt_step`; the oracle is autograd through the cell, in float64.

Tolerance: sums of at most 20 products of float64 numbers; two orders differ by 1e-14.
"""

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("bptt_step"),
    pytest.mark.shares(runs=7, plain=17, options=42, invariants=34),
]

FLOAT64 = {"rtol": 1e-9, "atol": 1e-11}
FLOAT32 = {"rtol": 1e-4, "atol": 1e-5}
NAMES = ("grad_x", "grad_h_before", "grad_w_x", "grad_w_h", "grad_b")


def step(rng, n, features, hidden, dtype=torch.float64):
    """x, h_before, w_x, w_h, b of one step."""
    return (
        rng.randn(n, features, dtype=dtype),
        rng.uniform(-0.95, 0.95, n, hidden, dtype=dtype),
        rng.randn(hidden, features, dtype=dtype),
        rng.randn(hidden, hidden, dtype=dtype),
        rng.randn(hidden, dtype=dtype),
    )


def oracle(grad_h, x, h_before, w_x, w_h, b):
    """The state after the step, and autograd's gradients in x, h_before, w_x, w_h, b."""
    leaves = [tensor.detach().clone().requires_grad_() for tensor in (x, h_before, w_x, w_h, b)]
    h = torch.tanh(leaves[0] @ leaves[2].T + leaves[1] @ leaves[3].T + leaves[4])
    return h.detach(), torch.autograd.grad(h, leaves, grad_h)


def one_agrees(student, rng, which, n, features, hidden):
    """One of the student's gradients against autograd's."""
    x, h_before, w_x, w_h, b = step(rng, n, features, hidden)
    grad_h = rng.randn(n, hidden, dtype=torch.float64)
    h, wanted = oracle(grad_h, x, h_before, w_x, w_h, b)
    got = student.rnn_cell_backward(grad_h, x, h_before, h, w_x, w_h)
    assert_close(got[which], wanted[which], **FLOAT64, name=NAMES[which])


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """Five gradients come back, as tensors."""
    x, h_before, w_x, w_h, _ = step(rng, 4, 3, 5)
    grads = student.rnn_cell_backward(rng.randn(4, 5).double(), x, h_before, h_before, w_x, w_h)
    assert isinstance(grads, (tuple, list)) and len(grads) == 5, "five gradients are returned"
    for grad, name in zip(grads, NAMES, strict=True):
        assert isinstance(grad, torch.Tensor), f"{name} must be a tensor"


@pytest.mark.level("plain")
def test_by_hand(student):
    """The example: a state of 0.6 and the gradient 1 give 1.28, 1.92, 0.32, 0.064 and 0.64."""

    def one(value):
        return torch.tensor([[value]], dtype=torch.float64)

    got = student.rnn_cell_backward(one(1.0), one(0.5), one(0.1), one(0.6), one(2.0), one(3.0))
    wanted = (one(1.28), one(1.92), one(0.32), one(0.064), torch.tensor([0.64], dtype=torch.float64))
    for grad, want, name in zip(got, wanted, NAMES, strict=True):
        assert_close(grad, want, **FLOAT64, name=name)


@pytest.mark.level("plain")
@pytest.mark.parametrize("which", range(5), ids=NAMES)
def test_each(student, rng, which):
    """Each gradient by itself is autograd's."""
    for n, features, hidden in ((3, 4, 5), (6, 2, 7)):
        one_agrees(student, rng, which, n, features, hidden)


@pytest.mark.level("options")
@pytest.mark.parametrize("which", range(5), ids=NAMES)
def test_sizes(student, rng, which):
    """Each gradient is right with one feature, with one unit, and with as many units as features or samples."""
    for n, features, hidden in ((6, 1, 3), (2, 5, 1), (4, 3, 3), (3, 3, 7), (4, 2, 4)):
        one_agrees(student, rng, which, n, features, hidden)


@pytest.mark.level("options")
@pytest.mark.parametrize("which", range(5), ids=NAMES)
def test_batch_of_one(student, rng, which):
    """Each gradient is right for a batch of one."""
    one_agrees(student, rng, which, 1, 3, 4)


@pytest.mark.level("options")
@pytest.mark.parametrize("which", range(5), ids=NAMES)
def test_views(student, rng, which):
    """From transposed and expanded arguments each gradient is that of contiguous ones."""
    x, h_before, w_x, w_h, b = step(rng, 4, 3, 5)
    h, wanted = oracle(torch.ones(4, 5).double(), x, h_before, w_x, w_h, b)
    columns = [tensor.T.contiguous().T for tensor in (x, h_before, h, w_x, w_h)]
    got = student.rnn_cell_backward(torch.ones(1, 1).double().expand(4, 5), *columns)
    assert_close(got[which], wanted[which], **FLOAT64, name=NAMES[which])


@pytest.mark.level("invariants")
def test_linear_in_the_gradient(student, rng):
    """Twice the gradient of the state gives twice every gradient, and zero gives zero."""
    x, h_before, w_x, w_h, _ = step(rng, 3, 2, 4)
    h, grad_h = rng.uniform(-0.9, 0.9, 3, 4, dtype=torch.float64), rng.randn(3, 4, dtype=torch.float64)
    once = student.rnn_cell_backward(grad_h, x, h_before, h, w_x, w_h)
    twice = student.rnn_cell_backward(2 * grad_h, x, h_before, h, w_x, w_h)
    nothing = student.rnn_cell_backward(0 * grad_h, x, h_before, h, w_x, w_h)
    for one, two, zero, name in zip(once, twice, nothing, NAMES, strict=True):
        assert_close(two, 2 * one, **FLOAT64, name=name)
        assert_close(zero, 0 * one, **FLOAT64, name=name)


@pytest.mark.level("invariants")
def test_sum_over_the_batch(student, rng):
    """The weights' gradients of a batch are the sums of its samples' own; saturated units pass nothing on."""
    x, h_before, w_x, w_h, _ = step(rng, 3, 2, 4)
    h, grad_h = rng.uniform(-0.9, 0.9, 3, 4, dtype=torch.float64), rng.randn(3, 4, dtype=torch.float64)
    h[:, 1] = 1.0
    whole = student.rnn_cell_backward(grad_h, x, h_before, h, w_x, w_h)
    alone = [
        student.rnn_cell_backward(*(t[i : i + 1] for t in (grad_h, x, h_before, h)), w_x, w_h)
        for i in range(3)
    ]
    for which in (2, 3, 4):
        assert_close(whole[which], sum(grads[which] for grads in alone), **FLOAT64, name=NAMES[which])
    assert float(whole[4][1]) == 0.0, "a unit whose state is 1 has slope 0"


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """float32 in, float32 out."""
    x, h_before, w_x, w_h, b = step(rng, 3, 2, 4, torch.float32)
    grad_h = rng.randn(3, 4)
    h, wanted = oracle(grad_h, x, h_before, w_x, w_h, b)
    got = student.rnn_cell_backward(grad_h, x, h_before, h, w_x, w_h)
    for grad, want, name in zip(got, wanted, NAMES, strict=True):
        assert_close(grad, want, **FLOAT32, name=name)
