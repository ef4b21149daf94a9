"""Hidden suite of `attention_decoder`. The layers are the given ones of the student's notebook with the
grader's weights; the oracle is written with torch.nn.functional, example by example.

Tolerance: weights of size 0.5, states below 1, at most 8 steps: float32 agrees to 1e-5.
"""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("attention_decoder"),
    pytest.mark.shares(runs=6, plain=41, options=29, invariants=24),
]

FLOAT32 = {"rtol": 1e-3, "atol": 3e-5}
FLOAT64 = {"rtol": 1e-8, "atol": 1e-10}
EXACT = {"rtol": 0, "atol": 0}
V, S, E, L = 7, 5, 6, 4
KINDS = ("additive", "general")


def weights_of(rng, kind, v=V, s=S, e=E, dtype=torch.float32):
    """A state dict of the given layers."""
    into = 32 + (e if kind == "additive" else 0)
    shapes = {
        "embedding.weight": (v, 32),
        "key.weight": (s, e),
        "cell.weight_ih": (3 * s, into),
        "cell.weight_hh": (3 * s, s),
        "cell.bias_ih": (3 * s,),
        "cell.bias_hh": (3 * s,),
        "readout.weight": (v, s + e),
        "readout.bias": (v,),
    }
    if kind == "additive":
        shapes |= {"query.weight": (s, s), "u": (s,)}
    found = {name: rng.randn(*shape, dtype=dtype) for name, shape in shapes.items()}
    found["embedding.weight"] *= 0.7
    found["cell.weight_ih"] *= 0.4
    return found


def layers_of(student, state, kind, v=V, s=S, e=E):
    """The given layers with those weights."""
    layers = student.DecoderLayers(kind, v, s, e)
    if state["key.weight"].dtype == torch.float64:
        layers.double()
    layers.load_state_dict({name: value.detach().clone() for name, value in state.items()})
    return layers


def cell(state, x, h):
    """The GRU of the state dict."""
    gru = nn.GRUCell(x.shape[1], h.shape[1], dtype=x.dtype)
    named = {name: state[f"cell.{name}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
    return torch.func.functional_call(gru, named, (x, h))


def oracle_step(w, kind, ids, state, memory, mask):
    """One step, each example with its own characters alone."""
    logits, states, weights = [], [], []
    for n in range(len(ids)):
        x, h = w["embedding.weight"][ids[n : n + 1]], state[n : n + 1]
        seen = memory[n][mask[n]]
        keys = F.linear(seen, w["key.weight"])
        if kind == "general":
            h = cell(w, x, h)
            scores = (keys * h).sum(1)
        else:
            scores = (torch.tanh(keys + F.linear(h, w["query.weight"])) * w["u"]).sum(1)
        part = scores.softmax(0)
        context = (part[:, None] * seen).sum(0, keepdim=True)
        if kind == "additive":
            h = cell(w, torch.cat([x, context], 1), h)
        logits.append(F.linear(torch.cat([h, context], 1), w["readout.weight"], w["readout.bias"]))
        states.append(h)
        weights.append(torch.zeros(memory.shape[1], dtype=memory.dtype).masked_scatter(mask[n], part))
    return torch.cat(logits), torch.cat(states), torch.stack(weights)


def oracle_decode(w, kind, ids, state, memory, mask):
    logits, weights = [], []
    for t in range(ids.shape[1]):
        scores, state, seen = oracle_step(w, kind, ids[:, t], state, memory, mask)
        logits.append(scores)
        weights.append(seen)
    return torch.stack(logits, 1), torch.stack(weights, 1)


def oracle_greedy(w, kind, state, memory, mask, start, steps):
    ids, written, weights = torch.full((len(state),), start), [], []
    for _ in range(steps):
        scores, state, seen = oracle_step(w, kind, ids, state, memory, mask)
        ids = scores.argmax(1)
        written.append(ids)
        weights.append(seen)
    return torch.stack(written, 1), torch.stack(weights, 1)


def situation(rng, lengths, size=L, v=V, s=S, e=E, dtype=torch.float32):
    """ids, state, memory and mask; the memory's padding is not zero."""
    n = len(lengths)
    mask = torch.arange(size) < torch.tensor(lengths)[:, None]
    state = rng.uniform(-0.9, 0.9, n, s, dtype=dtype)
    return rng.randint(0, v, (n,)), state, rng.randn(n, size, e, dtype=dtype), mask


def same(got, want, names, close=FLOAT32):
    assert isinstance(got, tuple) and len(got) == len(want), f"({', '.join(names)}) is what is to be returned"
    for tensor, right, name in zip(got, want, names, strict=True):
        assert_close(tensor, right, **close, name=name)


STEP = ("logits", "state", "weights")


def step_agrees(student, rng, kind, lengths, sizes=(V, S, E), size=L, dtype=torch.float32):
    w, given = weights_of(rng, kind, *sizes, dtype), situation(rng, lengths, size, *sizes, dtype)
    layers = layers_of(student, w, kind, *sizes)
    close = FLOAT64 if dtype == torch.float64 else FLOAT32
    same(student.decoder_step(layers, *given), oracle_step(w, kind, *given), STEP, close)


@pytest.mark.level("runs")
@pytest.mark.gate
@pytest.mark.parametrize("kind", KINDS)
def test_shapes(student, rng, kind):
    """A step returns logits (N, V), the state (N, S) and weights (N, L)."""
    layers = layers_of(student, weights_of(rng, kind), kind)
    found = student.decoder_step(layers, *situation(rng, [4, 4, 4]))
    assert isinstance(found, tuple) and len(found) == 3, "decoder_step returns (logits, state, weights)"
    for tensor, shape, name in zip(found, ((3, V), (3, S), (3, L)), STEP, strict=True):
        assert isinstance(tensor, torch.Tensor), f"{name} must be a tensor"
        assert tensor.shape == shape, f"{name} has shape {shape}, not {tuple(tensor.shape)}"


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("lengths", [[4, 4], [4, 2, 3]])
def test_additive_step(student, rng, lengths):
    """An additive step: the state before it asks, the context goes into the cell; with padding too."""
    step_agrees(student, rng, "additive", lengths)


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("lengths", [[4, 4], [4, 2, 3]])
def test_general_step(student, rng, lengths):
    """A general step: the cell comes first, and the new state asks; with padding too."""
    step_agrees(student, rng, "general", lengths)


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("kind", KINDS)
def test_decode(student, rng, kind):
    """Many steps: each is your own step, given the t-th character and the state of the step before."""
    layers = layers_of(student, weights_of(rng, kind), kind)
    _, state, memory, mask = situation(rng, [4, 1, 3])
    ids = rng.randint(0, V, (3, 6))
    got = student.decode(layers, ids, state, memory, mask)
    found = []
    for t in range(6):
        logits, state, seen = student.decoder_step(layers, ids[:, t], state, memory, mask)
        found.append((logits.detach(), seen.detach()))
    same(got, tuple(torch.stack(part, 1) for part in zip(*found, strict=True)), ("logits", "weights"))


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("kind", KINDS)
def test_greedy(student, rng, kind):
    """On its own: the likeliest character of each step goes into your own next one."""
    layers = layers_of(student, weights_of(rng, kind), kind)
    _, state, memory, mask = situation(rng, [4, 2, 3, 4, 1])
    got = student.greedy(layers, state, memory, mask, 1, 7)
    ids, found = torch.ones(5, dtype=torch.int64), []
    for _ in range(7):
        logits, state, seen = student.decoder_step(layers, ids, state, memory, mask)
        ids = logits.detach().argmax(1)
        found.append((ids, seen.detach()))
    same(
        got, tuple(torch.stack(part, 1) for part in zip(*found, strict=True)), ("what is written", "weights")
    )


@pytest.mark.level("options")
@pytest.mark.weight(3)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("lengths", "sizes", "size"),
    [
        ([3], (7, 5, 6), 4),
        ([1, 1], (5, 3, 4), 1),
        ([2, 5, 1], (3, 4, 2), 5),
        ([1], (4, 1, 1), 1),
        ([4] * 4, (4, 4, 4), 4),
    ],
)
def test_edges(student, rng, kind, lengths, sizes, size):
    """A batch of one, a source of one character, units of width 1, all sizes equal."""
    step_agrees(student, rng, kind, lengths, sizes, size)


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize("kind", KINDS)
def test_one_step(student, rng, kind):
    """decode and greedy with one step, and from any start."""
    w = weights_of(rng, kind)
    ids, state, memory, mask = situation(rng, [2, 4])
    layers = layers_of(student, w, kind)
    got = student.decode(layers, ids[:, None], state, memory, mask)
    same(got, oracle_decode(w, kind, ids[:, None], state, memory, mask), ("logits", "weights"))
    for start in range(V):
        for steps in (1, 3):
            got = student.greedy(layers, state, memory, mask, start, steps)
            want = oracle_greedy(w, kind, state, memory, mask, start, steps)
            same(got, want, ("what is written", "weights"))


@pytest.mark.level("options")
@pytest.mark.parametrize("kind", KINDS)
def test_views(student, rng, kind):
    """Transposed memory, an expanded mask and every second state give the same."""
    w = weights_of(rng, kind)
    ids, _, memory, _ = situation(rng, [4, 4])
    memory = memory.transpose(1, 2).contiguous().transpose(1, 2)
    state = rng.uniform(-0.9, 0.9, 4, S)[::2]
    mask = torch.tensor([True, False, True, True]).expand(2, 4)
    got = student.decoder_step(layers_of(student, w, kind), ids, state, memory, mask)
    same(got, oracle_step(w, kind, ids, state, memory, mask), STEP)


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize("kind", KINDS)
def test_mask_with_holes(student, rng, kind):
    """A mask may have holes, and masked weights are exactly 0."""
    w = weights_of(rng, kind)
    ids, state, memory, mask = situation(rng, [4, 4, 4])
    mask = torch.tensor([[True, False, True, True], [False, True, False, False], [False, False, True, True]])
    got = student.decoder_step(layers_of(student, w, kind), ids, state, memory, mask)
    same(got, oracle_step(w, kind, ids, state, memory, mask), STEP)
    assert_close(got[2][~mask], torch.zeros(int((~mask).sum())), **EXACT, name="weights of masked places")


@pytest.mark.level("options")
@pytest.mark.weight(3)
@pytest.mark.parametrize("kind", KINDS)
def test_far_scores(student, rng, kind):
    """Scores of tens of thousands, of either sign, do no harm: an open place stays open beside masked ones."""
    w = weights_of(rng, kind)
    name = "u" if kind == "additive" else "key.weight"
    w[name] = 20_000 * w[name]
    given = situation(rng, [4, 2] + [1] * 12)
    same(
        student.decoder_step(layers_of(student, w, kind), *given),
        oracle_step(w, kind, *given),
        STEP,
        {"rtol": 1e-2, "atol": 1e-3},
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
@pytest.mark.parametrize("kind", KINDS)
def test_gradients(student, rng, kind):
    """Through several steps gradients reach the state, the memory and all parameters, and are right."""
    w = weights_of(rng, kind, dtype=torch.float64)
    _, state, memory, mask = situation(rng, [4, 2], dtype=torch.float64)
    ids, directions = (
        rng.randint(0, V, (2, 3)),
        (rng.randn(2, 3, V, dtype=torch.float64), rng.randn(2, 3, L, dtype=torch.float64)),
    )
    layers = layers_of(student, w, kind)
    ours = [t.clone().requires_grad_() for t in (state, memory)]
    theirs = [t.clone().requires_grad_() for t in (state, memory)]
    w = {name: value.requires_grad_() for name, value in w.items()}
    for answer in (oracle_decode(w, kind, ids, *ours, mask), student.decode(layers, ids, *theirs, mask)):
        ((answer[0] * directions[0]).sum() + (answer[1] * directions[1]).sum()).backward()
    for got, want, name in zip(theirs, ours, ("the state", "the memory"), strict=True):
        assert got.grad is not None, f"no gradient reaches {name}"
        assert_close(got.grad, want.grad, **FLOAT64, name=f"gradient of {name}")
    for name, parameter in layers.named_parameters():
        assert parameter.grad is not None, f"no gradient reaches {name}"
        assert_close(parameter.grad, w[name].grad, **FLOAT64, name=f"gradient of {name}")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("filling", [0.0, 50.0, 1e15])
def test_padding_is_irrelevant(student, rng, kind, filling):
    """Whatever finite number stands in the memory's padding, nothing changes."""
    ids, state, memory, mask = situation(rng, [2, 4, 1])
    layers = layers_of(student, weights_of(rng, kind), kind)
    before = student.decoder_step(layers, ids, state, memory, mask)
    changed = memory.masked_fill(~mask[:, :, None], filling)
    same(student.decoder_step(layers, ids, state, changed, mask), before, STEP)


@pytest.mark.level("invariants")
@pytest.mark.parametrize("kind", KINDS)
def test_permuted_memory(student, rng, kind):
    """A permuted memory gives permuted weights and the same logits: what is read counts, not its place."""
    w = weights_of(rng, kind)
    ids, state, memory, mask = situation(rng, [4, 4])
    layers, order = layers_of(student, w, kind), torch.tensor([2, 0, 3, 1])
    logits, _, weights = student.decoder_step(layers, ids, state, memory, mask)
    again, _, moved = student.decoder_step(layers, ids, state, memory[:, order], mask)
    assert_close(again, logits, **FLOAT32, name="logits, memory permuted")
    assert_close(moved, weights[:, order], **FLOAT32, name="weights, memory permuted")


@pytest.mark.level("invariants")
@pytest.mark.parametrize("kind", KINDS)
def test_one_by_one(student, rng, kind):
    """Each example writes in a batch what it writes alone."""
    w = weights_of(rng, kind)
    _, state, memory, mask = situation(rng, [4, 2, 3])
    layers = layers_of(student, w, kind)
    written, _ = student.greedy(layers, state, memory, mask, 1, 5)
    for n, length in enumerate((4, 2, 3)):
        alone, _ = student.greedy(
            layers, state[n : n + 1], memory[n : n + 1, :length], mask[n : n + 1, :length], 1, 5
        )
        assert_close(written[n : n + 1], alone, name="what is written alone")


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
@pytest.mark.parametrize("kind", KINDS)
def test_no_graph(student, rng, kind):
    """greedy records no graph, and leaves the layers' mode and the recording of graphs as they were."""
    layers = layers_of(student, weights_of(rng, kind), kind)
    _, state, memory, mask = situation(rng, [4, 2])
    _, weights = student.greedy(layers, state.requires_grad_(), memory, mask, 1, 3)
    assert not weights.requires_grad, "the weights of greedy hang on a graph"
    assert layers.training, "greedy leaves the layers in evaluation mode"
    again = student.decoder_step(layers, torch.tensor([1, 2]), state, memory, mask)[0]
    assert again.requires_grad, "a step after greedy records no graph any more"


@pytest.mark.level("contract")
@pytest.mark.parametrize("kind", KINDS)
def test_dtype(student, rng, kind):
    """With layers of float64 a step has float64's precision."""
    step_agrees(student, rng, kind, [4, 2, 3], dtype=torch.float64)
