"""Hidden suite of `ema`; the oracle is the recurrence in double precision, and its closed form.

Tolerance: float32 averages of numbers of size 1 over at most 200 updates agree to 1e-5.
"""

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [pytest.mark.exercise("ema"), pytest.mark.shares(runs=24, plain=22, options=22, invariants=32)]

CLOSE = {"rtol": 1e-4, "atol": 1e-4}
SHAPES = [(3, 4), (5,), (2, 1, 3), (), (5,)]


def parameters(rng):
    return [rng.randn(*shape) for shape in SHAPES]


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shadow(student, rng):
    """`shadow` has one average per parameter, of its shape."""
    average = student.EMA(parameters(rng))
    assert isinstance(average.shadow, (list, tuple)), "shadow is a list of tensors"
    assert [tuple(s.shape) for s in average.shadow] == SHAPES, (
        "there is one average per parameter, of its shape"
    )


@pytest.mark.level("plain")
def test_start(student, rng):
    """The averages start as the parameters, and carry no gradient."""
    params = [p.requires_grad_() for p in parameters(rng)]
    average = student.EMA(params, 0.9)
    for s, p in zip(average.shadow, params, strict=True):
        assert_close(s, p, **CLOSE, name="shadow at the start")
        assert not s.requires_grad, "the averages are plain numbers: no gradient flows through them"


@pytest.mark.level("plain")
@pytest.mark.parametrize("decay", [0.0, 0.3, 0.9, 0.999, 1.0])
def test_updates(student, rng, decay):
    """Each update keeps decay of the old average and takes 1 - decay of the new parameter."""
    params = parameters(rng)
    average, want = student.EMA(params, decay), [p.double() for p in params]
    for _ in range(5):
        params = parameters(rng)
        average.update(params)
        want = [decay * w + (1 - decay) * p.double() for w, p in zip(want, params, strict=True)]
    for s, w in zip(average.shadow, want, strict=True):
        assert_close(s, w.float(), **CLOSE, name="shadow")


@pytest.mark.level("plain")
@pytest.mark.parametrize("decay", [0.5, 0.97])
def test_constant_parameters(student, rng, decay):
    """Towards parameters that stay, the distance shrinks by the factor decay at every update."""
    start, params = parameters(rng), parameters(rng)
    average = student.EMA(start, decay)
    for _ in range(30):
        average.update(params)
    for s, a, p in zip(average.shadow, start, params, strict=True):
        want = p.double() + decay**30 * (a.double() - p.double())
        assert_close(s, want.float(), **CLOSE, name="shadow after 30 updates")


@pytest.mark.level("options")
def test_default(student, rng):
    """Without a decay given it is 0.999."""
    start, params = parameters(rng), [100 * p for p in parameters(rng)]
    average = student.EMA(start)
    average.update(params)
    for s, a, p in zip(average.shadow, start, params, strict=True):
        want = 0.999 * a.double() + 0.001 * p.double()
        assert_close(s, want.float(), **CLOSE, name="shadow")


@pytest.mark.level("options")
def test_parameters_of_a_model(student, rng):
    """Parameters that require a gradient can be averaged, and the averages still carry none."""
    first = [p.requires_grad_() for p in parameters(rng)]
    second = [p.requires_grad_() for p in parameters(rng)]
    average = student.EMA(first, 0.8)
    average.update(second)
    for s, a, b in zip(average.shadow, first, second, strict=True):
        want = 0.8 * a.detach().double() + 0.2 * b.detach().double()
        assert_close(s.detach(), want.float(), **CLOSE, name="shadow")
        assert not s.requires_grad, "the averages keep a graph alive: they must be plain numbers"


@pytest.mark.level("invariants")
def test_copies(student, rng):
    """The averages are copies: when an optimiser moves the parameters in place, the averages stay until the update."""
    # A ParameterList lives where the student's code does, as a model does; loading values changes them in place.
    model = student.nn.ParameterList([rng.randn(3, 2), rng.randn(4)])
    start = {name: value.clone() for name, value in model.state_dict().items()}
    moved = {name: value + rng.randn(*value.shape) for name, value in start.items()}
    average = student.EMA(model, 0.75)
    model.load_state_dict(moved)
    for s, value in zip(average.shadow, start.values(), strict=True):
        assert_close(s, value, **CLOSE, name="shadow after the parameters moved, before an update")
    average.update(model)
    for s, a, b in zip(average.shadow, start.values(), moved.values(), strict=True):
        want = (0.75 * a.double() + 0.25 * b.double()).float()
        assert_close(s, want, **CLOSE, name="shadow after the update")
    for name, value in model.state_dict().items():
        assert_close(value, moved[name], rtol=0, atol=0, name="a parameter after the update")
    assert all(p.requires_grad for p in model.parameters()), "the parameters can no longer be trained"


@pytest.mark.level("options")
def test_several(student, rng):
    """Two averages of the same parameters, with decays of their own, do not disturb each other."""
    start, params = parameters(rng), parameters(rng)
    slow, fast = student.EMA(start, 0.9), student.EMA(start, 0.1)
    for _ in range(2):
        slow.update(params)
        fast.update(params)
    for average, decay in ((slow, 0.9), (fast, 0.1)):
        for s, a, p in zip(average.shadow, start, params, strict=True):
            want = decay**2 * a.double() + (1 - decay**2) * p.double()
            assert_close(s, want.float(), **CLOSE, name="shadow")


@pytest.mark.level("contract")
@pytest.mark.weight(4)
def test_float64(student, rng):
    """The averages have the parameters' dtype."""
    average = student.EMA([rng.randn(3, dtype=torch.float64)], 0.5)
    average.update([torch.zeros(3, dtype=torch.float64)])
    assert average.shadow[0].dtype == torch.float64, "the average of float64 parameters is float64"
    first, second = rng.randn(3, dtype=torch.float64), rng.randn(3, dtype=torch.float64)
    average = student.EMA([first], 0.9)
    average.update([second])
    assert_close(
        average.shadow[0], 0.9 * first + 0.1 * second, rtol=1e-12, atol=1e-12, name="shadow in float64"
    )


@pytest.mark.level("contract")
@pytest.mark.weight(3)
def test_list(student, rng):
    """`shadow` is a list, before and after an update."""
    average = student.EMA(parameters(rng))
    assert isinstance(average.shadow, list), "shadow is not a list"
    average.update(parameters(rng))
    assert isinstance(average.shadow, list), "shadow is not a list after an update"
