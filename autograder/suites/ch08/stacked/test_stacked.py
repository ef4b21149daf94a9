"""Hidden suite of `stacked`. The layers are functions of the tests: torch's LSTM with copied weights, a direction at a
time, or a recorder; the oracle for all together is torch's LSTM with several layers in two directions.
"""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("stacked"),
    pytest.mark.shares(runs=6, plain=44, options=28, invariants=22),
]

FLOAT32 = {"rtol": 1e-4, "atol": 2e-5}
FLOAT64 = {"rtol": 1e-9, "atol": 1e-11}
NAMES = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


def one_layer(x, lengths, weights, states, backwards):
    """torch's LSTM in one direction: of a layer with two equal ones, the half that is asked for."""
    layer = nn.LSTM(x.shape[2], states[0].shape[1], batch_first=True, bidirectional=True, dtype=x.dtype)
    named = {n + s: w for s in ("", "_reverse") for n, w in zip(NAMES, weights, strict=True)}
    begin = tuple(torch.stack([s, s]) for s in states)
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    outputs, last = torch.func.functional_call(layer, named, (packed, begin))
    outputs = pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])[0]
    return outputs.chunk(2, 2)[int(backwards)], tuple(s[int(backwards)] for s in last)


def parameters(rng, layers, directions, features, hidden, dtype=torch.float32):
    """weights[l][k]: w_x, w_h, b_x, b_h."""
    return [
        [
            [
                0.6 * rng.randn(*s, dtype=dtype)
                for s in ((4 * hidden, k), (4 * hidden, hidden), (4 * hidden,), (4 * hidden,))
            ]
            for _ in range(directions)
        ]
        for k in [features, *[hidden * directions] * (layers - 1)]
    ]


def oracle(x, lengths, weights, states):
    """torch's LSTM of all layers and directions."""
    layers, directions = len(weights), len(weights[0])
    network = nn.LSTM(
        x.shape[2], states[0].shape[2], layers, batch_first=True, bidirectional=directions == 2, dtype=x.dtype
    )
    named = {}
    for number, both in enumerate(weights):
        for suffix, ws in zip(("", "_reverse"), both, strict=False):
            named |= {f"{n[:-1]}{number}{suffix}": w for n, w in zip(NAMES, ws, strict=True)}
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    outputs, last = torch.func.functional_call(network, named, (packed, states))
    return pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])[0], last


def states_of(rng, entries, n, hidden, dtype=torch.float32):
    return tuple(rng.uniform(-0.9, 0.9, entries, n, hidden, dtype=dtype) for _ in range(2))


def same(got, want, tolerance=FLOAT32):
    outputs, last = got
    assert_close(outputs, want[0], **tolerance, name="outputs")
    assert isinstance(last, tuple | list) and len(last) == len(want[1]), (
        "the last states are a tuple like those handed in"
    )
    for number, (state, expected) in enumerate(zip(last, want[1], strict=True)):
        assert_close(state, expected, **tolerance, name=f"last states {number}")


def agrees(student, rng, n, steps, features, hidden, layers, directions, lengths, dtype=torch.float32):
    weights = parameters(rng, layers, directions, features, hidden, dtype)
    given = rng.randn(n, steps, features, dtype=dtype), torch.tensor(lengths), weights
    states = states_of(rng, layers * directions, n, hidden, dtype)
    tolerance = FLOAT64 if dtype == torch.float64 else FLOAT32
    same(student.stacked(one_layer, *given, states), oracle(*given, states), tolerance)


@pytest.mark.level("runs")
def test_shapes(student, rng):
    """stacked runs and returns outputs (N, T, K H) and last states (L K, N, H); sentence_vectors returns (N, K H)."""
    weights, states = parameters(rng, 2, 2, 3, 4), states_of(rng, 4, 3, 4)
    outputs, last = student.stacked(one_layer, rng.randn(3, 5, 3), torch.tensor([5, 5, 5]), weights, states)
    assert tuple(outputs.shape) == (3, 5, 8), f"outputs have shape (3, 5, 8), not {tuple(outputs.shape)}"
    assert len(last) == 2 and all(tuple(s.shape) == (4, 3, 4) for s in last), (
        "last states have shape (L K, N, H)"
    )
    assert tuple(student.sentence_vectors(rng.randn(4, 3, 5), 2).shape) == (3, 10), (
        "sentence vectors have shape (N, K H)"
    )


@pytest.mark.level("plain")
@pytest.mark.parametrize("layers", [2, 3])
@pytest.mark.weight(2)
def test_layers(student, rng, layers):
    """Several layers in one direction are those of PyTorch's LSTM."""
    agrees(student, rng, 3, 5, 2, 4, layers, 1, [5, 5, 5])


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_directions(student, rng):
    """One layer in two directions is that of PyTorch's LSTM."""
    agrees(student, rng, 3, 5, 2, 4, 1, 2, [5, 5, 5])


@pytest.mark.level("plain")
@pytest.mark.parametrize("layers", [2, 3])
@pytest.mark.weight(3)
def test_layers_and_directions(student, rng, layers):
    """Several layers in two directions: both directions read the joined outputs of the layer below."""
    agrees(student, rng, 2, 5, 3, 4, layers, 2, [5, 5])


@pytest.mark.level("plain")
@pytest.mark.parametrize(("layers", "directions"), [(1, 2), (3, 2), (2, 1)])
@pytest.mark.weight(5)
def test_sentence_vectors(student, rng, layers, directions):
    """The two last entries side by side, each sentence's own."""
    last = rng.randn(layers * directions, 3, 4)
    want = torch.stack(
        [torch.cat([last[len(last) - directions + k, n] for k in range(directions)]) for n in range(3)]
    )
    assert_close(student.sentence_vectors(last, directions), want, name="sentence vectors")


@pytest.mark.level("options")
@pytest.mark.parametrize(("layers", "directions"), [(2, 1), (2, 2)])
@pytest.mark.weight(2)
def test_lengths(student, rng, layers, directions):
    """With lengths, everything is that of PyTorch's LSTM on packed sequences."""
    agrees(student, rng, 4, 6, 3, 2, layers, directions, [2, 6, 1, 4])


@pytest.mark.level("options")
@pytest.mark.parametrize(
    ("n", "steps", "features", "hidden", "layers", "directions"),
    [(1, 4, 2, 3, 2, 2), (3, 1, 2, 4, 2, 2), (2, 3, 1, 1, 3, 2), (2, 4, 3, 5, 1, 1)],
)
def test_edges(student, rng, n, steps, features, hidden, layers, directions):
    """A batch of one, one step, one unit, one layer in one direction."""
    agrees(student, rng, n, steps, features, hidden, layers, directions, [steps] * n)


@pytest.mark.level("options")
@pytest.mark.parametrize(("layers", "directions"), [(2, 2), (3, 2), (3, 1), (1, 2)])
@pytest.mark.weight(3)
def test_between(student, rng, layers, directions):
    """What stands between is applied once to the outputs of each layer but the last, which the next layer reads."""
    seen, asked = [], []

    def between(outputs):
        asked.append(outputs.clone())
        return 3 * outputs + len(asked)

    def layer(x, lengths, weights, states, backwards):
        seen.append(x.clone())
        assert x.shape[2] in (4, 2 * directions), "a layer reads the joined outputs of the one below"
        return x.mean(2, keepdim=True) + 10.0 * len(seen) + torch.zeros(2, 3, 2), tuple(s + 1 for s in states)

    weights = [[[] for _ in range(directions)] for _ in range(layers)]
    outputs, _ = student.stacked(
        layer,
        rng.randn(2, 3, 4),
        torch.tensor([3, 3]),
        weights,
        states_of(rng, layers * directions, 2, 2),
        between,
    )
    assert len(asked) == layers - 1, "what stands between is applied once between each two layers"
    for number, x in enumerate(asked):
        for direction in range(directions):
            place = (number + 1) * directions + direction
            assert_close(seen[place], 3 * x + number + 1, rtol=1e-5, atol=1e-5, name="what a layer reads")
    assert tuple(outputs.shape) == (2, 3, 2 * directions), "the last outputs are joined"


@pytest.mark.level("options")
def test_states_of_any_number(student, rng):
    """A layer of one state, or of three with different sizes."""
    for sizes in ((3,), (2, 5, 1)):

        def layer(x, lengths, weights, states, backwards):
            return x.sum(2, keepdim=True) + states[0][:, None], tuple(2 * s for s in states)

        states = tuple(rng.randn(4, 2, k) for k in sizes)
        _, last = student.stacked(
            layer, rng.randn(2, 3, 4), torch.tensor([3, 2]), [[[], []], [[], []]], states
        )
        assert len(last) == len(sizes), "there are as many last states as states"
        for state, before in zip(last, states, strict=True):
            assert_close(state, 2 * before, name="last states")


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_gradients(student, rng):
    """x, the states and all weights get the gradients of PyTorch's LSTM."""
    x, lengths = rng.randn(2, 4, 3, dtype=torch.float64), torch.tensor([4, 3])
    weights, states = parameters(rng, 2, 2, 3, 2, torch.float64), states_of(rng, 4, 2, 2, torch.float64)
    weigh, found = rng.randn(2, 4, 4, dtype=torch.float64), []
    for function in (oracle, lambda *a: student.stacked(one_layer, *a)):
        leaf = lambda t: t.detach().clone().requires_grad_()  # noqa: E731
        x_, states_ = leaf(x), tuple(leaf(s) for s in states)
        weights_ = [[[leaf(w) for w in ws] for ws in both] for both in weights]
        outputs, last = function(x_, lengths, weights_, states_)
        ((outputs * weigh).sum() + last[0].square().sum() + last[1].sum()).backward()
        found.append(
            [x_.grad, *(s.grad for s in states_), *(w.grad for both in weights_ for ws in both for w in ws)]
        )
    for want, grad in zip(*found, strict=True):
        assert grad is not None, "no gradient reaches an argument"
        assert_close(grad, want, **FLOAT64, name="gradient")


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
@pytest.mark.parametrize(("layers", "directions"), [(2, 2), (3, 1)])
def test_gradient_of_sentence_vectors(student, rng, layers, directions):
    """The gradient of the vectors reaches the last states of the last layer, and those alone."""
    last = rng.randn(layers * directions, 3, 2).requires_grad_()
    student.sentence_vectors(last, directions).sum().backward()
    assert last.grad is not None, "no gradient reaches the last states"
    want = torch.zeros(layers * directions, 3, 2)
    want[-directions:] = 1.0
    assert_close(last.grad, want, name="gradient of the last states")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_calls(student, rng):
    """The layer is called once for each layer and direction, with that one's weights, states and direction."""
    calls = []

    def layer(x, lengths, weights, states, backwards):
        calls.append((weights[0].item(), states[0].clone(), bool(backwards), lengths.clone()))
        return torch.zeros(3, 4, 2), states

    weights, states = (
        [[[torch.tensor(float(2 * n + k))] for k in range(2)] for n in range(3)],
        (rng.randn(6, 3, 2),),
    )
    student.stacked(layer, rng.randn(3, 4, 5), torch.tensor([4, 2, 1]), weights, states)
    assert len(calls) == 6, "the layer is called once for each of 3 layers and 2 directions"
    for which, state, backwards, lengths in calls:
        assert_close(state, states[0][int(which)], name="states handed to a layer")
        assert backwards == (int(which) % 2 == 1), "direction 1 reads backwards, direction 0 forwards"
        assert_close(lengths, torch.tensor([4, 2, 1]), name="lengths handed to a layer")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_sentences_stay_apart(student, rng):
    """A change of one sentence's states changes no other sentence's vector."""
    last = rng.randn(4, 3, 5)
    before = student.sentence_vectors(last, 2)
    last[:, 1] += 7.0
    after = student.sentence_vectors(last, 2)
    assert_close(after[[0, 2]], before[[0, 2]], name="vectors of the other sentences")


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """float64 in, float64 out, with float64's precision."""
    agrees(student, rng, 2, 4, 3, 2, 2, 2, [4, 2], torch.float64)
