"""Hidden suite of `train_speller`. The loop is compared with the grader's own on an equal network in float64; then a
trained network writes numbers that it has not seen. Digits and words are renamed for each grading, so that weights made
beforehand know nothing of the task.
"""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("train_speller"),
    pytest.mark.shares(runs=6, plain=40, options=30, invariants=14, converges=10),
]

S, V, H = 6, 8, 5
BAR = 0.6
"""Share of unseen numbers that are right in every word. In six runs the smallest share was 0.98."""


class Network(nn.Module):
    """The given network, made again here."""

    def __init__(self):
        super().__init__()
        self.source_vectors = nn.Embedding(S, 24)
        self.encoder = nn.GRU(24, H, batch_first=True)
        self.target_vectors = nn.Embedding(V, 24)
        self.decoder = nn.GRU(24, H, batch_first=True)
        self.scores = nn.Linear(H, V)

    def forward(self, source, lengths, inputs):
        vectors = self.source_vectors(source)
        state = torch.cat(
            [self.encoder(row[None, :k])[1] for row, k in zip(vectors, lengths.tolist(), strict=True)], 1
        )
        return self.scores(self.decoder(self.target_vectors(inputs), state)[0])


def networks(student, rng):
    """A network of the grader's and one of the student's with the same float64 weights."""
    ours = Network().double()
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.copy_(0.5 * rng.randn(*parameter.shape, dtype=torch.float64))
    theirs = student.speller(S, V, H)
    theirs.double()
    theirs.load_state_dict({name: value.clone() for name, value in ours.state_dict().items()})
    return ours, theirs


def batches_of(rng, count=3, n=4, source_steps=5, target_steps=6):
    """Random batches of mixed lengths; random tokens stand in the padding too."""
    made = []
    for _ in range(count):
        lengths, ends = rng.randint(1, source_steps + 1, (n,)), rng.randint(1, target_steps + 1, (n,))
        lengths[0], ends[-1] = source_steps, target_steps
        made.append(
            (rng.randint(0, S, (n, source_steps)), lengths, rng.randint(0, V, (n, target_steps)), ends)
        )
    return made


def trained(model, batches, epochs, lr):
    """The grader's own loop."""
    optimizer, means = torch.optim.Adam(model.parameters(), lr=lr), []
    for _ in range(epochs):
        losses = []
        for source, lengths, targets, ends in batches:
            logits = model(
                source, lengths, torch.cat([torch.ones(len(targets), 1).long(), targets], 1)[:, :-1]
            )
            parts = [
                F.cross_entropy(logits[n, m], targets[n, m])
                for n, k in enumerate(ends.tolist())
                for m in range(k)
            ]
            loss = torch.stack(parts).mean()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
        means.append(sum(losses) / len(losses))
    return means


def same_weights(ours, theirs):
    want = ours.state_dict()
    for name, value in theirs.state_dict().items():
        assert_close(value, want[name], rtol=1e-5, atol=1e-7, name=f"{name} after training")


def agrees(student, rng, batches, epochs=2, lr=5e-3):
    ours, theirs = networks(student, rng)
    want = trained(ours, batches, epochs, lr)
    got = student.train_speller(theirs, batches, epochs=epochs, lr=lr)
    same_weights(ours, theirs)
    return got, want


class Watch:
    """Writes down what a network is shown, and in which mode."""

    def __init__(self, model):
        self.calls, self.training = [], []
        model.register_forward_hook(self._see, with_kwargs=True)

    def _see(self, module, args, named, answer):
        asked = dict(zip(("source", "lengths", "inputs"), args, strict=False)) | named
        self.calls.append({name: value.clone() for name, value in asked.items()})
        self.training.append(module.training)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_runs(student, rng):
    """train_speller runs and returns finite numbers."""
    losses = student.train_speller(student.speller(S, V, H), batches_of(rng, 2))
    assert isinstance(losses, list | tuple) and len(losses) > 0, "there is a list of losses"
    assert all(isinstance(loss, float) and math.isfinite(loss) for loss in losses), (
        "each loss is a finite float"
    )


@pytest.mark.level("options")
def test_epochs(student, rng):
    """There is one mean loss for each epoch."""
    losses = student.train_speller(student.speller(S, V, H), batches_of(rng, 2), epochs=3)
    assert len(losses) == 3, f"3 epochs have {len(losses)} losses"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_what_is_shown(student, rng):
    """Every epoch shows every batch once, in order, with the sources' lengths and the targets moved by one."""
    batches, model = batches_of(rng, 3), student.speller(S, V, H)
    watch = Watch(model)
    student.train_speller(model, batches, epochs=2)
    assert len(watch.calls) == 6, "the network is not called once for each batch of each epoch"
    for number, call in enumerate(watch.calls):
        source, lengths, targets, _ = batches[number % 3]
        assert_close(call["source"], source, name=f"sources of call {number}")
        assert_close(call["lengths"], lengths, name=f"lengths of call {number}")
        told = torch.cat([torch.ones(len(targets), 1, dtype=torch.int64), targets[:, :-1]], 1)
        assert_close(call["inputs"], told, name=f"decoder's inputs of call {number}")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_steps(student, rng):
    """After some steps the weights are those of Adam on the clipped gradients of the tokens that exist."""
    agrees(student, rng, batches_of(rng))


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_losses(student, rng):
    """What is returned for an epoch is the mean of its batches' losses."""
    got, want = agrees(student, rng, batches_of(rng, 4), epochs=3)
    assert_close(
        torch.tensor(got, dtype=torch.float64),
        torch.tensor(want, dtype=torch.float64),
        rtol=1e-4,
        atol=1e-5,
        name="losses",
    )


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize("lr", [0.1, 0.001])
def test_rate(student, rng, lr):
    """The learning rate is the one asked for."""
    agrees(student, rng, batches_of(rng), 1, lr)


@pytest.mark.level("options")
def test_defaults(student, rng):
    """One epoch at a rate of 0.005, unless others are given."""
    ours, theirs = networks(student, rng)
    batches = batches_of(rng)
    trained(ours, batches, 1, 5e-3)
    losses = student.train_speller(theirs, batches)
    assert len(losses) == 1, "there is one epoch unless another number is given"
    same_weights(ours, theirs)


@pytest.mark.level("options")
@pytest.mark.parametrize(("n", "source_steps", "target_steps"), [(1, 3, 4), (3, 1, 2), (2, 4, 1)])
def test_edges(student, rng, n, source_steps, target_steps):
    """One pair in a batch, sources of one token, targets of END alone."""
    agrees(student, rng, batches_of(rng, 2, n, source_steps, target_steps))


@pytest.mark.level("options")
def test_batches_of_different_shapes(student, rng):
    """Batches differ in size and length, the last is smaller."""
    batches = [*batches_of(rng, 1), *batches_of(rng, 1, 3, 4, 7), *batches_of(rng, 1, 1, 2, 3)]
    agrees(student, rng, batches)


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_padding_counts_for_nothing(student, rng):
    """Targets in the padding, and the scores there, change no weight."""
    ours, theirs = networks(student, rng)
    batches = batches_of(rng, 2)
    trained(ours, batches, 1, 5e-3)
    for _, _, targets, ends in batches:
        for row, k in zip(targets, ends.tolist(), strict=True):
            row[k:] = 0
    student.train_speller(theirs, batches, epochs=1)
    same_weights(ours, theirs)


@pytest.mark.level("invariants")
def test_training_mode(student, rng):
    """The network trains in training mode, also if it was in evaluation mode before."""
    model = student.speller(S, V, H)
    model.eval()
    watch = Watch(model)
    student.train_speller(model, batches_of(rng, 2))
    assert watch.training and all(watch.training), "the network is trained in evaluation mode"


@pytest.mark.level("invariants")
def test_leftover_gradients(student, rng):
    """Gradients that the parameters hold beforehand count for nothing."""
    ours, theirs = networks(student, rng)
    batches = batches_of(rng, 2)
    source, lengths, targets, _ = batches[0]
    (1e3 * theirs(source, lengths, targets).square().sum()).backward()
    trained(ours, batches, 1, 5e-3)
    student.train_speller(theirs, batches, epochs=1)
    same_weights(ours, theirs)


SMALL, TENS = (
    words.split()
    for words in (
        "one two three four five six seven eight nine ten eleven twelve "
        "thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
        "twenty thirty forty fifty sixty seventy eighty ninety",
    )
)


def spelt(number):
    """The words of a number from 1 to 9,999."""
    words = []
    for value, name in ((1000, "thousand"), (100, "hundred")):
        if number >= value:
            words, number = [*words, SMALL[number // value - 1], name], number % value
    if number >= 20:
        words, number = [*words, TENS[number // 10 - 2]], number % 10
    return words + ([SMALL[number - 1]] if number else [])


@pytest.mark.level("converges")
@pytest.mark.timeout(90)
def test_new_numbers(student, rng):
    """Trained on 1,500 numbers with digits and words renamed, the network spells numbers that it has not seen."""
    digits = (rng.perm(10) + 1).tolist()
    names = dict(zip([*SMALL, *TENS, "hundred", "thousand"], (rng.perm(29) + 3).tolist(), strict=True))
    numbers = (rng.perm(9999) + 1).tolist()

    def batch(some):
        sources = [torch.tensor([digits[int(d)] for d in str(number)]) for number in some]
        targets = [torch.tensor([*(names[w] for w in spelt(number)), 2]) for number in some]
        pad = lambda rows: nn.utils.rnn.pad_sequence(rows, batch_first=True)  # noqa: E731
        return (
            pad(sources),
            torch.tensor([len(r) for r in sources]),
            pad(targets),
            torch.tensor([len(r) for r in targets]),
        )

    batches = [batch(numbers[k : k + 50]) for k in range(0, 1500, 50)]
    model = student.speller(11, 32, 96)
    student.train_speller(model, batches, epochs=10, lr=5e-3)
    student.train_speller(model, batches, epochs=2, lr=1e-3)
    model.eval()
    source, lengths, targets, ends = batch(numbers[1500:1800])
    said = torch.ones(300, 1, dtype=torch.int64)
    with torch.no_grad():
        for _ in range(targets.shape[1]):
            said = torch.cat([said, model(source, lengths, said)[:, -1:].argmax(2)], 1)
    valid = torch.arange(targets.shape[1]) < ends[:, None]
    right = float(((said[:, 1:] == targets) | ~valid).all(1).float().mean())
    assert right >= BAR, f"{right:.2f} of the numbers that were not trained on are right in every word"
