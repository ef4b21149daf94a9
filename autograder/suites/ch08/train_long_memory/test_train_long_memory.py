"""Hidden suite of `train_long_memory`. Both tasks are checked number by number; the loop is compared with the grader's
own on an equal network in float64; then trained networks are judged on new sequences of a task that is made here: in it
the second number counts a factor more than the first, drawn anew for each grading.

Counts are compared with their binomial distribution at 6.5 standard deviations (2 sided: 1e-10 each, fewer than 100).
"""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("train_long_memory"),
    pytest.mark.shares(runs=6, plain=40, options=28, invariants=18, converges=8),
]

SIGMAS = 6.5
TASKS = {"gru": (24, 300), "lstm": (10, 500)}
"""Steps of a sequence and batches of 64: an LSTM finds its gates later than a GRU, so it gets the shorter task."""
BARS = {"gru": 0.2, "lstm": 0.5}
"""Largest share of the best constant's squared error that is left on new sequences. In 17 runs of
the LSTM and 15 of the GRU the largest share was 0.017 and 0.012."""


class Network(nn.Module):
    """The given network, made again here."""

    def __init__(self, features, hidden, outputs):
        super().__init__()
        self.recurrent = nn.GRU(features, hidden, batch_first=True)
        self.readout = nn.Linear(hidden, max(outputs, 1))
        self.every_step = outputs > 0

    def forward(self, x):
        states, _ = self.recurrent(x)
        return self.readout(states) if self.every_step else self.readout(states[:, -1])[:, 0]


def networks(student, rng, outputs):
    """A network of the grader's and one of the student's with the same float64 weights."""
    ours = Network(3, 5, outputs).double()
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.copy_(0.5 * rng.randn(*parameter.shape, dtype=torch.float64))
    theirs = student.memory_net("gru", 3, 5, outputs)
    theirs.double()
    theirs.load_state_dict({name: value.clone() for name, value in ours.state_dict().items()})
    return ours, theirs


def batches_of(rng, outputs, count=4, n=4, steps=6, last=2):
    """Random batches: floats (n,) or int64 (n, last)."""
    made = []
    for _ in range(count):
        x = rng.randn(n, steps, 3, dtype=torch.float64)
        made.append(
            (x, rng.randint(0, outputs, (n, last)) if outputs else 2 * rng.randn(n, dtype=torch.float64))
        )
    return made


def trained(model, batches, lr, max_norm):
    """The grader's own loop."""
    optimizer, losses = torch.optim.Adam(model.parameters(), lr=lr), []
    for x, targets in batches:
        answer = model(x)
        if targets.dtype == torch.int64:
            k = targets.shape[1]
            loss = sum(F.cross_entropy(answer[:, j - k], targets[:, j]) for j in range(k)) / k
        else:
            loss = (answer - targets).square().mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        losses.append(loss.item())
    return losses


def same_weights(ours, theirs):
    want = ours.state_dict()
    for name, value in theirs.state_dict().items():
        assert_close(value, want[name], rtol=1e-5, atol=1e-7, name=f"{name} after training")


def agrees(student, rng, outputs, lr, max_norm, **shape):
    ours, theirs = networks(student, rng, outputs)
    batches = batches_of(rng, outputs, **shape)
    want = trained(ours, batches, lr, max_norm)
    got = student.train_memory(theirs, batches, lr=lr, max_norm=max_norm)
    same_weights(ours, theirs)
    return got, want


def looks_like(count, trials, probability):
    """Whether so many successes of so many trials fit the probability."""
    return (
        abs(count - trials * probability) <= SIGMAS * math.sqrt(trials * probability * (1 - probability)) + 1
    )


@pytest.mark.level("runs")
def test_runs(student, rng):
    """All three functions run; inputs and targets have their shapes, and there is a finite loss for each batch."""
    inputs, targets = student.adding_problem(5, 8, rng.generator())
    assert tuple(inputs.shape) == (5, 8, 2) and tuple(targets.shape) == (5,), "adding: (n, steps, 2) and (n,)"
    inputs, targets = student.copy_memory(4, 3, rng.generator(), 6, 2)
    assert tuple(inputs.shape) == (4, 7, 8) and tuple(targets.shape) == (4, 2), (
        "copying: (n, 2 L + delay, S + 2) and (n, L)"
    )
    losses = student.train_memory(student.memory_net("lstm", 2, 4), [(rng.randn(3, 5, 2), rng.randn(3))] * 2)
    assert isinstance(losses, list | tuple) and len(losses) == 2, "there is one loss for each batch"
    assert all(isinstance(loss, float) and math.isfinite(loss) for loss in losses), (
        "each loss is a finite float"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(1.5)
@pytest.mark.parametrize("steps", [8, 11])
def test_adding_targets(student, rng, steps):
    """Each sequence has one mark in each half, and the target is the sum of the marked numbers."""
    inputs, targets = student.adding_problem(200, steps, rng.generator())
    numbers, marks = inputs.unbind(2)
    assert bool(((marks == 0) | (marks == 1)).all()), "marks are 0 or 1"
    assert_close(marks[:, : steps // 2].sum(1), torch.ones(200), name="marks in the first half")
    assert_close(marks[:, steps // 2 :].sum(1), torch.ones(200), name="marks in the second half")
    assert_close(targets, (numbers.double() * marks).sum(1).float(), rtol=1e-5, atol=1e-6, name="targets")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("delay", "symbols", "length"), [(6, 8, 5), (3, 4, 2)])
def test_copy_sequences(student, rng, delay, symbols, length):
    """The symbols, blanks, the signal at its place, blanks; targets are the symbols in order."""
    inputs, targets = student.copy_memory(30, delay, rng.generator(), symbols, length)
    shown = inputs.argmax(2)
    assert_close(inputs.sum(2), torch.ones(30, 2 * length + delay), name="ones at each step")
    assert_close(shown[:, :length], targets, name="symbols at the beginning")
    want = torch.full((30, length + delay), symbols)
    want[:, delay - 1] = symbols + 1
    assert_close(shown[:, length:], want, name="blanks and the signal")


@pytest.mark.level("plain")
@pytest.mark.parametrize("outputs", [0, 4])
@pytest.mark.weight(4)
def test_steps(student, rng, outputs):
    """After some steps the weights are those of Adam on the clipped gradients, for both kinds of targets."""
    agrees(student, rng, outputs, 0.02, 0.5)


@pytest.mark.level("plain")
@pytest.mark.parametrize("outputs", [0, 3])
@pytest.mark.weight(3)
def test_losses(student, rng, outputs):
    """What is returned are the losses of the batches, each before its step."""
    got, want = agrees(student, rng, outputs, 0.02, 1.0)
    assert_close(
        torch.tensor(got, dtype=torch.float64),
        torch.tensor(want, dtype=torch.float64),
        rtol=1e-4,
        atol=1e-5,
        name="losses",
    )


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_adding_is_uniform(student, rng):
    """Numbers are uniform in [0, 1); every place of a half is marked equally often, whatever the other mark."""
    inputs, _ = student.adding_problem(4000, 6, rng.generator())
    numbers, marks = inputs.unbind(2)
    assert float(numbers.min()) >= 0 and float(numbers.max()) < 1, "numbers lie in [0, 1)"
    assert looks_like(int((numbers < 0.25).sum()), numbers.numel(), 0.25), "numbers are not uniform"
    for place in range(6):
        assert looks_like(int(marks[:, place].sum()), 4000, 1 / 3), (
            "some places are marked more often than others"
        )
    both = int((marks[:, 0] * marks[:, 3]).sum())
    assert looks_like(both, 4000, 1 / 9), "the second mark depends on the first"
    assert len(numbers.unique()) > 0.99 * numbers.numel(), "sequences repeat"


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_long_adding(student, rng):
    """In long sequences every place of a half is marked equally often too, the last places as well."""
    inputs, _ = student.adding_problem(2000, 48, rng.generator())
    marks = inputs[:, :, 1]
    for half in (marks[:, :24], marks[:, 24:]):
        for third in half.split(8, 1):
            assert looks_like(int(third.sum()), 2000, 1 / 3), "some places are marked more often than others"


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_copy_is_uniform(student, rng):
    """Symbols are uniform and drawn one by one."""
    _, targets = student.copy_memory(2000, 2, rng.generator(), 5, 3)
    for place in range(3):
        for symbol in range(5):
            assert looks_like(int((targets[:, place] == symbol).sum()), 2000, 0.2), "symbols are not uniform"
    assert looks_like(int((targets[:, 0] == targets[:, 1]).sum()), 2000, 0.2), "one symbol depends on another"


@pytest.mark.level("options")
@pytest.mark.parametrize(("n", "steps"), [(1, 9), (3, 2), (2, 3)])
def test_small_adding(student, rng, n, steps):
    """One sequence, and sequences of two and of three steps."""
    inputs, targets = student.adding_problem(n, steps, rng.generator())
    numbers, marks = inputs.unbind(2)
    assert_close(marks.sum(1), torch.full((n,), 2.0), name="marks")
    assert_close(targets, (numbers * marks).sum(1), rtol=1e-5, atol=1e-6, name="targets")


@pytest.mark.level("options")
def test_copy_defaults(student, rng):
    """Eight symbols of length five unless said otherwise; a delay of one has the signal right after the symbols."""
    inputs, targets = student.copy_memory(3, 1, rng.generator())
    assert tuple(inputs.shape) == (3, 11, 10) and tuple(targets.shape) == (3, 5), (
        "the defaults are S = 8 and L = 5"
    )
    assert inputs.argmax(2)[:, 5].tolist() == [9, 9, 9], (
        "with a delay of 1 the signal stands right after the symbols"
    )


@pytest.mark.level("options")
@pytest.mark.parametrize(("lr", "max_norm"), [(0.05, 0.1), (0.003, 1e9)])
@pytest.mark.weight(2)
def test_rate_and_norm(student, rng, lr, max_norm):
    """The learning rate and the largest norm are those asked for."""
    agrees(student, rng, 0, lr, max_norm)


@pytest.mark.level("options")
def test_defaults(student, rng):
    """A rate of 0.01 and a norm of at most 1, unless others are given."""
    ours, theirs = networks(student, rng, 0)
    batches = batches_of(rng, 0)
    trained(ours, batches, 1e-2, 1.0)
    student.train_memory(theirs, batches)
    same_weights(ours, theirs)


@pytest.mark.level("options")
@pytest.mark.parametrize(("n", "steps", "last"), [(1, 5, 2), (3, 4, 4), (2, 3, 1)])
def test_edges(student, rng, n, steps, last):
    """One sequence in a batch, all steps asked, only the last one asked."""
    agrees(student, rng, 3, 0.02, 1.0, n=n, steps=steps, last=last)


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_equal_generators(student):
    """Everything is drawn from the generator: an equal one gives equal sequences, another one others."""
    for make in (lambda g: student.adding_problem(4, 9, g), lambda g: student.copy_memory(4, 3, g)):
        torch.manual_seed(12)
        first = make(torch.Generator().manual_seed(3))
        torch.manual_seed(11)
        second = make(torch.Generator().manual_seed(3))
        for a, b in zip(first, second, strict=True):
            assert_close(b, a, name="sequences from an equal generator")
        assert not torch.equal(make(torch.Generator().manual_seed(4))[0], first[0]), (
            "another generator gives the same sequences"
        )


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_training_mode(student, rng):
    """The network trains in training mode, also if it was in evaluation mode before."""
    model, modes = student.memory_net("gru", 3, 5), []
    model.eval()
    model.register_forward_hook(lambda module, args, answer: modes.append(module.training))
    student.train_memory(model, [(rng.randn(2, 4, 3), rng.randn(2))] * 2)
    assert modes and all(modes), "the network is trained in evaluation mode"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_leftover_gradients(student, rng):
    """Gradients that the parameters hold beforehand count for nothing."""
    ours, theirs = networks(student, rng, 0)
    batches = batches_of(rng, 0)
    (1e3 * theirs(batches[0][0]).square().sum()).backward()
    trained(ours, batches, 0.02, 1.0)
    student.train_memory(theirs, batches, lr=0.02)
    same_weights(ours, theirs)


@pytest.mark.level("converges")
@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", list(BARS))
def test_remembers(student, rng, kind):
    """Trained on an adding task in which the second number counts a factor more, the network adds new sequences."""
    factor, (steps, count) = float(rng.uniform(1.5, 2.5, 1)), TASKS[kind]

    def task(n):
        numbers, marks, rows = rng.rand(n, steps), torch.zeros(n, steps), torch.arange(n)
        first, second = rng.randint(0, steps // 2, (n,)), rng.randint(steps // 2, steps, (n,))
        marks[rows, first], marks[rows, second] = 1.0, 1.0
        return torch.stack([numbers, marks], 2), numbers[rows, first] + factor * numbers[rows, second]

    model = student.memory_net(kind, 2, 32)
    student.train_memory(model, [task(64) for _ in range(count)], lr=0.01)
    model.eval()
    inputs, targets = task(500)
    with torch.no_grad():
        left = float((model(inputs) - targets).square().mean() / targets.var())
    assert left <= BARS[kind], (
        f"the squared error on new sequences is {left:.2f} of that of the best constant"
    )


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """Inputs and targets of adding are float32; copying has float32 inputs and int64 targets."""
    inputs, targets = student.adding_problem(2, 5, rng.generator())
    assert inputs.dtype == torch.float32 and targets.dtype == torch.float32, "adding is float32"
    inputs, targets = student.copy_memory(2, 5, rng.generator())
    assert inputs.dtype == torch.float32 and targets.dtype == torch.int64, (
        "copying has float32 inputs and int64 targets"
    )
