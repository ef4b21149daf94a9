"""Hidden suite of `train_seq2seq`. The model is the given `Reader` of the student's notebook, with the
grader's weights where steps are compared; the oracle is the grader's own loop on an equal model.

Tolerance: a few steps of Adam on losses near 2; two orders of the same sums differ by 1e-6 of a weight near
0.3, and Adam divides small gradients by their own size, so that 1e-4 is asked.
"""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.testing import assert_close
from selfcheck.pairs import make_reversals

pytestmark = [
    pytest.mark.exercise("train_seq2seq"),
    pytest.mark.shares(runs=4, plain=30, options=36, invariants=14, converges=16),
]

V, H = 9, 6
CLOSE = {"rtol": 1e-3, "atol": 2e-4}
LEAST = 0.9
"""Share of unseen strings that must be right; the reference's over 9 seeds is 0.993 to 1."""


class Encoder(nn.Module):
    """The given encoder, made again here."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(V, 32)
        self.recurrent = nn.GRU(32, H, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(2 * H, H)

    def forward(self, source):
        mask = source > 0
        packed = nn.utils.rnn.pack_padded_sequence(
            self.embedding(source), mask.sum(1).clamp(min=1), batch_first=True, enforce_sorted=False
        )
        outputs, last = self.recurrent(packed)
        memory, _ = nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True, total_length=source.shape[1])
        return memory, mask, self.bridge(torch.cat([last[0], last[1]], 1)).tanh()


class Reader(nn.Module):
    """The given model, made again here."""

    def __init__(self):
        super().__init__()
        self.encoder, self.embedding = Encoder(), nn.Embedding(V, 32)
        self.recurrent = nn.GRU(32, H, batch_first=True)
        self.look = nn.MultiheadAttention(H, 1, kdim=2 * H, vdim=2 * H, batch_first=True)
        self.mix, self.readout = nn.Linear(2 * H, H), nn.Linear(H, V)

    def forward(self, source, inputs):
        memory, mask, first = self.encoder(source)
        states, _ = self.recurrent(self.embedding(inputs), first[None])
        found, _ = self.look(states, memory, memory, key_padding_mask=~mask, need_weights=False)
        return self.readout(self.mix(torch.cat([states, found], 2)).tanh())


def models(student, rng):
    """A model of the grader's and one of the student's with the same weights."""
    ours = Reader()
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.copy_(0.4 * rng.randn(*parameter.shape))
    theirs = student.Reader(V, H)
    theirs.load_state_dict({name: value.clone() for name, value in ours.state_dict().items()})
    return ours, theirs


def batches_of(rng, count, n=4, shortest=2, longest=5):
    return [make_reversals(n, shortest, longest, V - 3, rng.generator()) for _ in range(count)]


def rates(lr, warm_up, count):
    rise = [lr * (i + 1) / warm_up for i in range(warm_up)]
    turns = [(i - warm_up) / (count - warm_up) for i in range(warm_up, count)]
    return rise + [lr * (0.05 + 0.475 * (1 + math.cos(math.pi * turn))) for turn in turns]


def trained(model, batches, lr=1e-2, warm_up=20, max_norm=1.0):
    """The grader's own loop; its losses."""
    optimizer, losses = torch.optim.Adam(model.parameters(), lr=1.0), []
    for rate, (source, target) in zip(rates(lr, warm_up, len(batches)), batches, strict=True):
        optimizer.param_groups[0]["lr"] = rate
        inputs = torch.cat([torch.ones(len(target), 1, dtype=torch.int64), target[:, :-1]], 1)
        log_probs = model(source, inputs).log_softmax(2)
        there = target > 0
        loss = -log_probs[there].gather(1, target[there][:, None]).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        losses.append(loss.item())
    return losses


def same_weights(ours, theirs):
    """Equal weights, but for the bias of the keys: no output depends on it, so that Adam blows up its rounding."""
    want = ours.state_dict()
    for name, value in theirs.state_dict().items():
        right = want[name]
        if name == "look.in_proj_bias":
            value, right = (torch.cat([bias[:H], bias[2 * H :]]) for bias in (value, right))
        assert_close(value, right, **CLOSE, name=f"{name} after training")


def agrees(student, rng, batches, **named):
    ours, theirs = models(student, rng)
    want = trained(ours, batches, **named)
    got = student.train_seq2seq(theirs, batches, **named)
    same_weights(ours, theirs)
    return got, want


class Watch:
    """Writes down what a model is given, and in which mode."""

    def __init__(self, model):
        self.sources, self.inputs, self.training = [], [], []
        model.register_forward_hook(self._see, with_kwargs=True)

    def _see(self, module, args, named, answer):
        asked = dict(zip(("source", "inputs"), args, strict=False)) | named
        self.sources.append(asked["source"].clone())
        self.inputs.append(asked["inputs"].clone())
        self.training.append(module.training)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_runs(student, rng):
    """train_seq2seq runs and returns a finite number for each step."""
    losses = student.train_seq2seq(student.Reader(V, H), batches_of(rng, 4), warm_up=2)
    assert isinstance(losses, (list, tuple)) and len(losses) == 4, "there is one loss for each of the 4 steps"
    assert all(isinstance(loss, float) and math.isfinite(loss) for loss in losses), (
        "each loss is a finite float"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_inputs(student, rng):
    """The model is given each batch once, in their order, and the target moved to the right with the start in front."""
    batches, model = batches_of(rng, 5), student.Reader(V, H)
    watch = Watch(model)
    student.train_seq2seq(model, batches, warm_up=2)
    assert len(watch.inputs) == 5, "the model is not called once for each batch"
    for number, (source, target) in enumerate(batches):
        assert_close(watch.sources[number], source, name=f"source of call {number}")
        want = torch.cat([torch.ones(4, 1, dtype=torch.int64), target[:, :-1]], 1)
        assert_close(watch.inputs[number], want, name=f"inputs of call {number}")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_first_loss(student, rng):
    """The first loss is the mean cross-entropy of all characters that are there, padding left out."""
    ours, theirs = models(student, rng)
    batches = batches_of(rng, 3, n=6, shortest=1, longest=6)
    want = trained(ours, batches, warm_up=1)[0]
    got = student.train_seq2seq(theirs, batches, warm_up=1)[0]
    assert abs(got - want) < 1e-3 * want, "the first loss is not the mean over the characters that are there"


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_steps(student, rng):
    """After some steps the weights are those of Adam with the rate of the formula on clipped gradients."""
    agrees(student, rng, batches_of(rng, 6), lr=0.02, warm_up=2, max_norm=0.6)


@pytest.mark.level("options")
@pytest.mark.weight(3)
@pytest.mark.parametrize(("lr", "warm_up", "count"), [(0.03, 1, 4), (0.005, 4, 5), (0.02, 3, 9)])
def test_rates(student, rng, lr, warm_up, count):
    """The rate follows the formula for other numbers of steps, from the first step to the last."""
    agrees(student, rng, batches_of(rng, count), lr=lr, warm_up=warm_up)


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize("max_norm", [0.1, 1e9])
def test_norm(student, rng, max_norm):
    """The largest norm is the one asked for."""
    agrees(student, rng, batches_of(rng, 4), lr=0.02, warm_up=1, max_norm=max_norm)


@pytest.mark.level("options")
def test_defaults(student, rng):
    """A rate of 0.01, 20 steps to warm up and a norm of 1, unless others are given."""
    agrees(student, rng, batches_of(rng, 23))


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_unused_characters(student, rng):
    """Plain Adam: the numbers of a character that never occurs, which get no gradient, stay as they are."""
    _, theirs = models(student, rng)
    before = theirs.state_dict()["embedding.weight"][6:].clone()
    batches = [make_reversals(4, 2, 5, 3, rng.generator()) for _ in range(4)]
    student.train_seq2seq(theirs, batches, lr=0.05, warm_up=1)
    after = theirs.state_dict()["embedding.weight"][6:]
    assert_close(after, before, rtol=0, atol=0, name="numbers of characters that never occur")


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_last_weights(student, rng):
    """The weights after the last step count, though its batch is harder than those before."""
    easy, hard = batches_of(rng, 1)[0], batches_of(rng, 1, shortest=6, longest=8)[0]
    agrees(student, rng, [easy] * 6 + [hard] * 2, lr=0.03, warm_up=1)


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_every_batch(student, rng):
    """Each batch has its step and its loss, however small the losses have become."""
    one = torch.tensor([[3], [3]]), torch.tensor([[3, 2], [3, 2]])
    model = student.Reader(V, H)
    watch = Watch(model)
    losses = student.train_seq2seq(model, [one] * 60, lr=0.1, warm_up=2)
    assert len(watch.inputs) == 60, f"60 batches gave {len(watch.inputs)} calls of the model"
    assert len(losses) == 60, f"60 batches gave {len(losses)} losses"


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_batches_differ(student, rng):
    """Batches of other sizes and lengths, a batch of one, strings of one character."""
    batches = [
        make_reversals(n, low, high, V - 3, rng.generator())
        for n, low, high in ((3, 2, 6), (1, 4, 4), (5, 1, 1), (2, 1, 7))
    ]
    agrees(student, rng, batches, lr=0.02, warm_up=1)


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_losses(student, rng):
    """What is returned are the losses of the steps, each before its step."""
    ours, theirs = models(student, rng)
    batches = batches_of(rng, 6)
    want = torch.tensor(trained(ours, batches, lr=0.02, warm_up=2), dtype=torch.float64)
    got = torch.tensor(
        [float(x) for x in student.train_seq2seq(theirs, batches, lr=0.02, warm_up=2)], dtype=torch.float64
    )
    assert_close(got, want, rtol=1e-3, atol=1e-4, name="losses")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_training_mode(student, rng):
    """The model trains in training mode, also if it was in evaluation mode before."""
    model = student.Reader(V, H)
    model.eval()
    watch = Watch(model)
    student.train_seq2seq(model, batches_of(rng, 3), warm_up=1)
    assert all(watch.training), "the model is trained in evaluation mode"


@pytest.mark.level("invariants")
def test_leftover_gradients(student, rng):
    """Gradients that the parameters hold beforehand count for nothing."""
    ours, theirs = models(student, rng)
    batches = batches_of(rng, 3)
    theirs(*(part[:, :3] for part in batches[0])).square().sum().mul(100.0).backward()
    trained(ours, batches, lr=0.02, warm_up=1)
    student.train_seq2seq(theirs, batches, lr=0.02, warm_up=1)
    same_weights(ours, theirs)


@pytest.mark.level("invariants")
def test_two_models(student, rng):
    """Two calls share nothing: a second model is trained as if there had been no first one."""
    student.train_seq2seq(student.Reader(V, H), batches_of(rng, 3), warm_up=1)
    agrees(student, rng, batches_of(rng, 3), lr=0.02, warm_up=1)


@pytest.mark.level("invariants")
def test_padding_is_irrelevant(student, rng):
    """More padding at the end of a batch's targets changes no weight."""
    ours, theirs = models(student, rng)
    batches = batches_of(rng, 4)
    wider = [(source, F.pad(target, (0, 3))) for source, target in batches]
    trained(ours, batches, lr=0.02, warm_up=1)
    student.train_seq2seq(theirs, wider, lr=0.02, warm_up=1)
    same_weights(ours, theirs)


@pytest.mark.level("converges")
@pytest.mark.timeout(60)
def test_reverses(student, rng):
    """Strings of 3 to 7 letters, reversed in a permuted alphabet: at least 0.9 of unseen ones are right."""
    letters = 8
    names = torch.cat([torch.arange(3), 3 + rng.perm(letters)])

    def renamed(n):
        source, target = make_reversals(n, 3, 7, letters, rng.generator())
        return source, names[target]

    model = student.Reader(letters + 3)
    student.train_seq2seq(model, [renamed(64) for _ in range(160)])
    model.eval()
    source, target = renamed(300)
    ids = torch.ones(300, 1, dtype=torch.int64)
    with torch.no_grad():
        for _ in range(target.shape[1]):
            ids = torch.cat([ids, model(source, ids)[:, -1:].argmax(2)], 1)
    right = float(((ids[:, 1:] == target) | (target == 0)).all(1).float().mean())
    assert right >= LEAST, f"{right:.2f} of unseen strings are exactly right, at least {LEAST} is asked"
