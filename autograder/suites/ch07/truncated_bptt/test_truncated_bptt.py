"""Hidden suite of `truncated_bptt`. The model is the given network of the student's notebook with the grader's weights;
the oracle is an equal network of the grader's, cut between windows.

Tolerance: float32 losses near 2 and gradients near 0.1, sums of a few hundred products: two orders differ by 1e-7.
"""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("truncated_bptt"),
    pytest.mark.shares(runs=8, plain=46, options=36, invariants=11),
]

CLOSE = {"rtol": 1e-3, "atol": 2e-6}
V, H = 7, 6


class Network(nn.Module):
    """The given network, made again here."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(V, 32)
        self.recurrent = nn.RNN(32, H, batch_first=True)
        self.scores = nn.Linear(H, V)

    def forward(self, ids, state=None):
        outputs, last = self.recurrent(self.embedding(ids), None if state is None else state[None])
        return self.scores(outputs), last[0]


def networks(student, rng):
    """A network of the grader's and one of the student's with the same weights, with a strong recurrence."""
    ours = Network()
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.copy_(0.5 * rng.randn(*parameter.shape))
    theirs = student.char_rnn(V, H)
    theirs.load_state_dict({name: value.clone() for name, value in ours.state_dict().items()})
    return ours, theirs


def oracle(model, ids, targets, state, window):
    """The mean loss and the last state; gradients are left in the model's parameters."""
    total, count = 0.0, ids.numel()
    for start in range(0, ids.shape[1], window):
        state = None if state is None else state.detach()
        logits, state = model(ids[:, start : start + window], state)
        loss = F.cross_entropy(
            logits.flatten(0, 1), targets[:, start : start + window].flatten(), reduction="sum"
        )
        (loss / count).backward()
        total += loss.item() / count
    return total, state.detach()


def texts(rng, n, steps):
    """Characters and others in the place of their successors: nothing here depends on their being successors."""
    return rng.randint(0, V, (n, steps)), rng.randint(0, V, (n, steps))


def same_gradients(ours, theirs):
    want = dict(ours.named_parameters())
    for name, parameter in theirs.named_parameters():
        assert parameter.grad is not None, f"no gradient reaches {name}"
        assert_close(parameter.grad, want[name].grad, **CLOSE, name=f"gradient of {name}")


def same_loss(got, want):
    got = float(got)
    assert abs(got - want) < 1e-4, f"the loss is {got / want:.3f} times the mean cross-entropy of all targets"


def calls_of(network, read):
    """A list that grows by what `read` makes of a call's ids and state, each time the network is called."""
    seen = []

    def hook(module, args, named, answer):
        given = dict(zip(("ids", "state"), args, strict=False)) | named
        seen.append(read(given["ids"], given.get("state")))

    network.register_forward_hook(hook, with_kwargs=True)
    return seen


def agrees(student, rng, n, steps, window, with_state):
    """Loss, state and gradients against the oracle's."""
    ours, theirs = networks(student, rng)
    ids, targets = texts(rng, n, steps)
    state = rng.uniform(-0.9, 0.9, n, H) if with_state else None
    want, last = oracle(ours, ids, targets, state, window)
    got, state = student.truncated_bptt(theirs, ids, targets, state, window)
    same_loss(got, want)
    assert_close(state, last, rtol=1e-4, atol=1e-5, name="the state after the last step")
    same_gradients(ours, theirs)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """truncated_bptt runs and returns a number and the states (N, H)."""
    _, theirs = networks(student, rng)
    found = student.truncated_bptt(theirs, *texts(rng, 3, 8), None, 4)
    assert isinstance(found, (tuple, list)) and len(found) == 2, "the loss and the state are returned"
    _, state = found
    assert isinstance(state, torch.Tensor) and state.shape == (3, H), f"the state has shape (3, {H})"


@pytest.mark.level("plain")
@pytest.mark.weight(8)
@pytest.mark.parametrize("window", [1, 4, 12])
def test_loss(student, rng, window):
    """The loss is the mean cross-entropy of all targets, the same for every window."""
    ours, theirs = networks(student, rng)
    ids, targets = texts(rng, 3, 12)
    want = F.cross_entropy(ours(ids)[0].flatten(0, 1), targets.flatten()).item()
    got, _ = student.truncated_bptt(theirs, ids, targets, None, window)
    same_loss(got, want)


@pytest.mark.level("plain")
@pytest.mark.parametrize("window", [1, 3, 12])
def test_state(student, rng, window):
    """The state is carried: after the last step it is that of the uncut sequence, for every window."""
    ours, theirs = networks(student, rng)
    ids, targets = texts(rng, 2, 12)
    _, state = student.truncated_bptt(theirs, ids, targets, None, window)
    assert_close(state, ours(ids)[1].detach(), rtol=1e-4, atol=1e-5, name="the state after the last step")


@pytest.mark.level("plain")
@pytest.mark.weight(43)
@pytest.mark.parametrize("window", [2, 4])
def test_gradients(student, rng, window):
    """Gradients reach back to the beginning of their window and no further."""
    agrees(student, rng, 3, 8, window, with_state=False)


@pytest.mark.level("options")
@pytest.mark.parametrize(("steps", "window"), [(7, 3), (9, 4), (5, 100)])
def test_last_window(student, rng, steps, window):
    """A shorter last window counts by its length; a window longer than the text is the text."""
    agrees(student, rng, 2, steps, window, with_state=False)


@pytest.mark.level("options")
def test_state_given(student, rng):
    """A state that is handed in is where the first window begins."""
    agrees(student, rng, 3, 8, 3, with_state=True)


@pytest.mark.level("options")
@pytest.mark.parametrize(("n", "steps", "window"), [(1, 6, 2), (4, 1, 1), (1, 1, 5)])
def test_edges(student, rng, n, steps, window):
    """One sequence, one step, one window."""
    agrees(student, rng, n, steps, window, with_state=True)


@pytest.mark.level("invariants")
def test_whole_window(student, rng):
    """With one window for all, the gradients are those of the whole sequence; cut at every step they are others."""
    ours, theirs = networks(student, rng)
    ids, targets = texts(rng, 2, 6)
    F.cross_entropy(ours(ids)[0].flatten(0, 1), targets.flatten()).backward()
    student.truncated_bptt(theirs, ids, targets, None, 6)
    same_gradients(ours, theirs)
    whole = {name: p.grad.clone() for name, p in theirs.named_parameters()}
    theirs.zero_grad()
    student.truncated_bptt(theirs, ids, targets, None, 1)
    cut = dict(theirs.named_parameters())["recurrent.weight_hh_l0"].grad
    assert not torch.allclose(cut, whole["recurrent.weight_hh_l0"], rtol=1e-3), (
        "the window makes no difference"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(7)
def test_gradients_are_added(student, rng):
    """Gradients are added to what the parameters hold already, as backward does."""
    _, theirs = networks(student, rng)
    ids, targets = texts(rng, 2, 8)
    student.truncated_bptt(theirs, ids, targets, None, 4)
    once = {name: p.grad.clone() for name, p in theirs.named_parameters()}
    student.truncated_bptt(theirs, ids, targets, None, 4)
    for name, parameter in theirs.named_parameters():
        assert_close(parameter.grad, 2 * once[name], **CLOSE, name=f"gradient of {name} after two calls")


@pytest.mark.level("invariants")
@pytest.mark.weight(4)
@pytest.mark.parametrize(("steps", "window", "calls"), [(8, 2, [2, 2, 2, 2]), (7, 3, [3, 3, 1])])
def test_one_call_a_window(student, rng, steps, window, calls):
    """The model is called once for each window, in the order of time, with the window's own characters."""
    _, theirs = networks(student, rng)
    ids, targets = texts(rng, 2, steps)
    seen = calls_of(theirs, lambda ids, state: ids.clone())
    student.truncated_bptt(theirs, ids, targets, None, window)
    assert seen, "the model is never called as model(ids, state)"
    assert [piece.shape[1] for piece in seen] == calls, "the model is not called once for each window"
    assert_close(torch.cat(seen, 1), ids, name="the characters shown, in order")


@pytest.mark.level("contract")
def test_number(student, rng):
    """The loss is a Python number, which holds no graph."""
    _, theirs = networks(student, rng)
    loss, _ = student.truncated_bptt(theirs, *texts(rng, 2, 6), None, 3)
    assert isinstance(loss, float), "the loss is not a Python number"


@pytest.mark.level("contract")
def test_no_graph(student, rng):
    """The state returned has no graph, and no gradient reaches the state handed in."""
    _, theirs = networks(student, rng)
    given = rng.uniform(-0.9, 0.9, 2, H, requires_grad=True)
    entered = calls_of(theirs, lambda ids, state: state is not None and state.requires_grad)
    _, state = student.truncated_bptt(theirs, *texts(rng, 2, 6), given, 3)
    assert not state.requires_grad, "the state returned still hangs on a graph"
    assert entered, "the model is never called as model(ids, state)"
    assert not entered[0], "the state that was handed in enters the first window with its graph"
