"""Hidden suite of `adam`; the oracles are torch.optim.Adam and torch.optim.AdamW, fed the same gradients.

In float64 twenty steps of the same formula agree to about 1e-15 however they are written. Where the place of eps is
not what a test is about, its gradients are at least 0.5 and the tolerance is 1e-5, so that the paper's efficient order,
which scales eps by up to 30, is right there: it moves a parameter by 6e-7 of the learning rate in a step. The smallest
other mistake moves one by 1e-4. The tests of eps compare to 1e-9.
"""

from typing import Any

import pytest
import torch

from autograder.testing import assert_close

# Only the test about it minds gradients that are changed in place; elsewhere such a change is carried over here.
pytestmark = [
    pytest.mark.exercise("adam"),
    pytest.mark.mutates,
    pytest.mark.shares(runs=2, plain=55, options=8, invariants=35),
]

STRICT: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-9}
CLOSE: dict[str, Any] = {"rtol": 1e-5, "atol": 1e-5}
SHAPES = [(3, 4), (5,), (2, 1, 3), (), (5,)]


def away_from_zero(rng, *shape, dtype=torch.float64):
    """Numbers of both signs between 0.5 and 2 in size."""
    return rng.uniform(0.5, 2.0, *shape, dtype=dtype) * (2 * rng.randint(0, 2, shape) - 1)


def tensors(rng, scale=1.0, dtype=torch.float64):
    """One random tensor of each shape, no number near zero."""
    return [scale * away_from_zero(rng, *shape, dtype=dtype) for shape in SHAPES]


def torch_steps(start, history, **options):
    """The parameter after torch's optimiser has been fed a history of gradients."""
    param = start.clone().requires_grad_()
    oracle = torch.optim.Adam([param], **options)
    for grad in history:
        param.grad = grad.clone()
        oracle.step()
    return param.detach()


def follows(student, rng, steps=20, scale=1.0, tolerance=CLOSE, dtype=torch.float64, **options):
    """Parameters after each step against torch's optimiser."""
    start = tensors(rng, dtype=dtype)
    kind = torch.optim.AdamW if options.get("decoupled") else torch.optim.Adam
    theirs = [p.clone().requires_grad_() for p in start]
    oracle_options = {"weight_decay": 0.0} | {k: v for k, v in options.items() if k != "decoupled"}
    oracle = kind(theirs, **oracle_options)
    optimizer = student.Adam([p.clone() for p in start], **options)
    for step in range(steps):
        grads = tensors(rng, scale, dtype)
        for p, grad in zip(theirs, grads, strict=True):
            p.grad = grad.clone()
        oracle.step()
        optimizer.step(grads)
        for i, (got, want) in enumerate(zip(optimizer.params, theirs, strict=True)):
            assert_close(
                got.detach(), want.detach(), **tolerance, name=f"parameter {i} after {step + 1} steps"
            )


@pytest.mark.gate
@pytest.mark.level("runs")
@pytest.mark.weight(3)
def test_moves(student, rng):
    """Adam can be built, and a step changes its parameters, the list `params`, and leaves their shapes."""
    start, grads = ([away_from_zero(rng, 3, 4), away_from_zero(rng, 5)] for _ in range(2))
    optimizer = student.Adam([p.clone() for p in start])
    optimizer.step(grads)
    params = optimizer.params
    assert len(params) == len(start), f"{len(start)} parameters went in, params holds {len(params)}"
    for p, before in zip(params, start, strict=True):
        assert p.shape == before.shape, f"a parameter of shape {tuple(before.shape)} became {tuple(p.shape)}"
        assert not torch.equal(p, before), "a step with a gradient leaves a parameter where it was"


@pytest.mark.level("plain")
@pytest.mark.weight(0.5)
def test_first_step(student):
    """The first step is lr against the gradient's sign, whatever the gradient's size."""
    optimizer = student.Adam([torch.zeros(4, dtype=torch.float64)], lr=0.1)
    optimizer.step([torch.tensor([1e-2, -7.0, 100.0, -1e5], dtype=torch.float64)])
    want = torch.tensor([-0.1, 0.1, -0.1, 0.1], dtype=torch.float64)
    # eps takes 1e-6 off where the gradient is 1e-2, and 3e-5 in the paper's efficient order.
    assert_close(optimizer.params[0], want, rtol=1e-4, atol=0)


@pytest.mark.parametrize(
    "options", [{}, {"lr": 0.05}, {"lr": 0.01, "betas": (0.5, 0.9)}, {"betas": (0.0, 0.99)}]
)
@pytest.mark.level("plain")
@pytest.mark.weight(0.5)
def test_twenty_steps(student, rng, options):
    """Without weight decay twenty steps equal torch.optim.Adam's, each of them."""
    follows(student, rng, **options)


@pytest.mark.parametrize(
    "options", [{"weight_decay": 0.1}, {"lr": 0.03, "weight_decay": 0.5, "betas": (0.8, 0.95)}]
)
@pytest.mark.level("plain")
@pytest.mark.weight(18.5)
def test_l2(student, rng, options):
    """With decoupled=False, the default, weight decay is added to the gradient, as in torch.optim.Adam."""
    follows(student, rng, **options, decoupled=False)
    follows(student, rng, steps=3, **options)


@pytest.mark.parametrize(
    "options", [{"weight_decay": 0.1}, {"lr": 0.03, "weight_decay": 0.5, "betas": (0.8, 0.95)}]
)
@pytest.mark.level("plain")
@pytest.mark.weight(18.5)
def test_decoupled(student, rng, options):
    """With decoupled=True weight decay shrinks the parameter by itself, as in torch.optim.AdamW."""
    follows(student, rng, **options, decoupled=True)


@pytest.mark.parametrize("decoupled", [False, True])
@pytest.mark.level("plain")
@pytest.mark.weight(6)
def test_decay_without_gradient(student, rng, decoupled):
    """Weight decay of either kind acts on a parameter whose gradient is zero, too."""
    start, options = away_from_zero(rng, 3, 2), {"lr": 0.1, "weight_decay": 0.2}
    optimizer = student.Adam([start.clone()], **options, decoupled=decoupled)
    zero = torch.zeros_like(start)
    for _ in range(2):
        optimizer.step([zero.clone()])  # who writes into the gradient does not write into the oracle's
    want = torch_steps(start, [zero, zero], **options, decoupled_weight_decay=decoupled)
    assert_close(optimizer.params[0], want, **CLOSE)


@pytest.mark.parametrize(
    "options",
    [
        {"eps": 0.1},
        {"eps": 1e-4},
        {"eps": 0.1, "weight_decay": 0.2},
        {"eps": 0.1, "weight_decay": 0.2, "decoupled": True},
    ],
)
@pytest.mark.level("options")
@pytest.mark.weight(42.5)
def test_eps(student, rng, options):
    """eps is added to the root of the second moment, outside the root."""
    follows(student, rng, steps=6, lr=0.01, tolerance=STRICT, **options)


@pytest.mark.level("options")
@pytest.mark.weight(9)
def test_small_gradients(student, rng):
    """Gradients as small as eps make steps that equal PyTorch's."""
    follows(student, rng, steps=6, scale=1e-8, lr=0.01, tolerance=STRICT)


@pytest.mark.parametrize("decoupled", [False, True])
@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_zero_gradient(student, rng, decoupled):
    """A gradient of zero at the first step moves nothing, and what follows is as if it had been counted."""
    p = away_from_zero(rng, 3, 2)
    optimizer = student.Adam([p.clone()], lr=0.1, decoupled=decoupled)
    optimizer.step([torch.zeros(3, 2, dtype=torch.float64)])
    assert_close(optimizer.params[0], p, rtol=0, atol=1e-12, name="parameter after a gradient of zero")
    grad = away_from_zero(rng, 3, 2)
    optimizer.step([grad.clone()])
    want = torch_steps(p, [torch.zeros_like(grad), grad], lr=0.1)
    assert_close(optimizer.params[0], want, **CLOSE, name="parameter after the second step")


@pytest.mark.level("plain")
@pytest.mark.weight(0.5)
def test_gradient_returns_to_zero(student, rng):
    """After the gradient has become zero the momentum still moves the parameter."""
    p, grad = away_from_zero(rng, 4), away_from_zero(rng, 4)
    history = [grad, grad, torch.zeros_like(grad), torch.zeros_like(grad)]
    optimizer = student.Adam([p.clone()], lr=0.1)
    for g in history:
        optimizer.step([g.clone()])
    assert_close(optimizer.params[0], torch_steps(p, history, lr=0.1), **CLOSE)


@pytest.mark.level("invariants")
@pytest.mark.weight(0.5)
def test_parameters_are_independent(student, rng):
    """Each parameter has moments of its own: it moves as if it were alone."""
    start, histories = tensors(rng), [tensors(rng) for _ in range(4)]
    together = student.Adam([p.clone() for p in start], lr=0.05)
    for grads in histories:
        together.step([g.clone() for g in grads])
    for i, p in enumerate(start):
        alone = student.Adam([p.clone()], lr=0.05)
        for grads in histories:
            alone.step([grads[i].clone()])
        assert_close(together.params[i], alone.params[0], **CLOSE, name=f"parameter {i}")


@pytest.mark.level("invariants")
@pytest.mark.weight(3.7)
def test_optimizers_are_independent(student, rng):
    """Two optimisers share nothing: a new one begins at its first step."""
    p, grads = away_from_zero(rng, 3, 2), [away_from_zero(rng, 3, 2) for _ in range(3)]
    first = student.Adam([p.clone()], lr=0.1)
    second = student.Adam([p.clone()], lr=0.1)
    for grad in grads:
        first.step([grad.clone()])
    second.step([grads[0].clone()])
    fresh = student.Adam([p.clone()], lr=0.1)
    fresh.step([grads[0].clone()])
    assert_close(second.params[0], fresh.params[0], **CLOSE, name="parameter of the second optimiser")
    want = torch_steps(p, grads[:1], lr=0.1)
    assert_close(fresh.params[0], want, **CLOSE, name="first step of a new optimiser")


@pytest.mark.level("contract")
@pytest.mark.weight(4)
def test_float32(student, rng):
    """float32 parameters stay float32, and follow PyTorch's to float32's precision."""
    # Twenty steps of 1e-2 with a relative rounding of 1e-6 each.
    follows(student, rng, lr=0.01, dtype=torch.float32, tolerance={"rtol": 1e-5, "atol": 1e-5})


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_trainable_parameters(student, rng):
    """Parameters that require gradients, as a network's do, can be stepped."""
    p, grad = away_from_zero(rng, 3, 4), away_from_zero(rng, 3, 4)
    optimizer = student.Adam([p.clone().requires_grad_()], lr=0.1)
    optimizer.step([grad.clone()])
    optimizer.step([grad.clone()])
    assert_close(optimizer.params[0].detach(), torch_steps(p, [grad, grad], lr=0.1), **CLOSE)


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_memory_layout(student, rng):
    """Gradients that are transposed or sliced, as autograd gives them, are followed as any others."""
    start, grad = (away_from_zero(rng, 4, 6), away_from_zero(rng, 6, 8))
    optimizer = student.Adam([start.clone(), start.clone()], lr=0.1)
    for _ in range(2):
        given = grad.clone()  # who writes into the gradient does not write into the oracle's
        optimizer.step([given[:, 1:5].T, given[1:5, ::2].repeat(1, 2)[:, :6]])
    first, second = grad[:, 1:5].T, grad[1:5, ::2].repeat(1, 2)[:, :6]
    for param, g, name in zip(optimizer.params, (first, second), ("transposed", "sliced"), strict=True):
        assert_close(
            param, torch_steps(start, [g, g], lr=0.1), **CLOSE, name=f"parameter of a {name} gradient"
        )


@pytest.mark.parametrize(
    "options",
    [{}, {"weight_decay": 0.3}, {"weight_decay": 0.3, "decoupled": True}],
    ids=["plain", "L2", "decoupled"],
)
@pytest.mark.level("invariants")
@pytest.mark.weight(18)
def test_in_place(student, rng, options):
    """A step changes the very tensors that were given, so that one that is listed twice stays one tensor."""
    start, other = away_from_zero(rng, 3, 2), away_from_zero(rng, 5)
    shared = start.clone().requires_grad_()
    optimizer = student.Adam([shared, other, shared], lr=0.1, **options)
    for _ in range(2):
        optimizer.step([away_from_zero(rng, 3, 2), away_from_zero(rng, 5), away_from_zero(rng, 3, 2)])
    first, _, last = (p.detach() for p in optimizer.params)
    assert_close(first, last, **CLOSE, name="the same parameter at its other place")
    assert (first - start).abs().max() > 0.01, "two steps leave the parameter where it was"


@pytest.mark.level("contract")
@pytest.mark.weight(2)
def test_gradients_unchanged(student, rng):
    """The gradients that are passed in are left as they are, with weight decay too."""
    for decoupled in (False, True):
        optimizer = student.Adam(tensors(rng), weight_decay=0.3, decoupled=decoupled)
        grads = tensors(rng)
        kept = [grad.clone() for grad in grads]
        optimizer.step(grads)
        for grad, copy in zip(grads, kept, strict=True):
            assert_close(grad, copy, rtol=0, atol=0, name="gradient after the step")


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_large_gradients(student, rng):
    """Gradients of 1e4 and parameters of one element make no difference to the formula."""
    follows(student, rng, steps=6, scale=1e4, lr=0.01)
