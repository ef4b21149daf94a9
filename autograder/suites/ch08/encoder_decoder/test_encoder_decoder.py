"""Hidden suite of `encoder_decoder`. The oracle is an equal network of the grader's with the same weights, run
sequence by sequence without padding; the loss is summed token by token.
"""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("encoder_decoder"),
    pytest.mark.shares(runs=6, plain=40, options=24, invariants=22, converges=8),
]

CLOSE = {"rtol": 1e-4, "atol": 1e-5}
S, V, H = 7, 9, 6


class Layers(nn.Module):
    """The given layers, made again here."""

    def __init__(self):
        super().__init__()
        self.source_vectors = nn.Embedding(S, 24)
        self.encoder = nn.GRU(24, H, batch_first=True)
        self.target_vectors = nn.Embedding(V, 24)
        self.decoder = nn.GRU(24, H, batch_first=True)
        self.scores = nn.Linear(H, V)

    def encode(self, source, lengths):
        ends = [
            self.encoder(self.source_vectors(row[None, :length]))[1][0]
            for row, length in zip(source, lengths.tolist(), strict=True)
        ]
        return torch.cat(ends)

    def decode(self, state, targets, start):
        told = torch.cat([torch.full((len(targets), 1), start), targets], 1)[:, :-1]
        return self.scores(self.decoder(self.target_vectors(told), state[None])[0])


def networks(student, rng):
    """Layers of the grader's and of the student's with the same weights."""
    ours = Layers()
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.copy_(0.4 * rng.randn(*parameter.shape))
    theirs = student.translator(S, V, H)
    theirs.load_state_dict({name: value.clone() for name, value in ours.state_dict().items()})
    return ours, theirs


def mean_loss(logits, targets, lengths):
    """Token by token."""
    parts = [
        F.cross_entropy(logits[n, m], targets[n, m]) for n, k in enumerate(lengths.tolist()) for m in range(k)
    ]
    return torch.stack(parts).mean()


@pytest.mark.level("runs")
def test_shapes(student, rng):
    """All three run: states (N, H), scores (N, M, V), and a loss that is one number."""
    model = student.translator(S, V, H)
    state = student.encode(model, rng.randint(0, S, (3, 5)), torch.tensor([5, 5, 5]))
    assert tuple(state.shape) == (3, H), f"the state has shape (N, H), not {tuple(state.shape)}"
    logits = student.teacher_forced(model, rng.randn(3, H), rng.randint(0, V, (3, 4)))
    assert tuple(logits.shape) == (3, 4, V), f"the scores have shape (N, M, V), not {tuple(logits.shape)}"
    loss = student.sequence_loss(rng.randn(3, 4, V), rng.randint(0, V, (3, 4)), torch.tensor([4, 4, 4]))
    assert isinstance(loss, torch.Tensor) and loss.dim() == 0, "the loss is a tensor with one number"


@pytest.mark.level("plain")
@pytest.mark.parametrize("lengths", [[5, 5, 5, 5], [2, 5, 1, 4], [3, 1, 5, 2]])
@pytest.mark.weight(5)
def test_encoder_state(student, rng, lengths):
    """The state is that after each source's own last token, row by row in the order of the batch."""
    ours, theirs = networks(student, rng)
    source, lengths = rng.randint(0, S, (4, 5)), torch.tensor(lengths)
    assert_close(
        student.encode(theirs, source, lengths), ours.encode(source, lengths), **CLOSE, name="encoder's state"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize(("n", "steps"), [(3, 4), (2, 6)])
def test_scores(student, rng, n, steps):
    """The scores are those of the decoder that begins with the state and is told START and the true targets before."""
    ours, theirs = networks(student, rng)
    state, targets = rng.uniform(-0.9, 0.9, n, H), rng.randint(0, V, (n, steps))
    assert_close(
        student.teacher_forced(theirs, state, targets), ours.decode(state, targets, 1), **CLOSE, name="scores"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("lengths", [[4, 4, 4], [1, 4, 2], [3, 1, 4]])
def test_loss(student, rng, lengths):
    """The loss is the mean over the tokens that exist."""
    logits, targets = 2 * rng.randn(3, 4, V), rng.randint(0, V, (3, 4))
    got = student.sequence_loss(logits, targets, torch.tensor(lengths))
    assert_close(got, mean_loss(logits, targets, torch.tensor(lengths)), **CLOSE, name="loss")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_large_scores(student, rng):
    """Scores of hundreds have a finite loss, also where a target is very unlikely."""
    logits, targets, lengths = 200 * rng.randn(3, 4, V), rng.randint(0, V, (3, 4)), torch.tensor([2, 4, 3])
    got = student.sequence_loss(logits, targets, lengths)
    assert_close(got, mean_loss(logits, targets, lengths), **CLOSE, name="loss of large scores")


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_start(student, rng):
    """Another start token."""
    ours, theirs = networks(student, rng)
    state, targets = rng.uniform(-0.9, 0.9, 2, H), rng.randint(0, V, (2, 3))
    assert_close(
        student.teacher_forced(theirs, state, targets, 5),
        ours.decode(state, targets, 5),
        **CLOSE,
        name="scores",
    )


@pytest.mark.level("options")
@pytest.mark.weight(0.75)
@pytest.mark.parametrize(("n", "source_steps", "target_steps"), [(1, 4, 3), (2, 1, 1), (1, 1, 2)])
def test_edges(student, rng, n, source_steps, target_steps):
    """A batch of one, sources and targets of one token."""
    ours, theirs = networks(student, rng)
    source, targets = rng.randint(0, S, (n, source_steps)), rng.randint(0, V, (n, target_steps))
    lengths = torch.full((n,), source_steps)
    state = student.encode(theirs, source, lengths)
    assert_close(state, ours.encode(source, lengths), **CLOSE, name="encoder's state")
    logits = student.teacher_forced(theirs, state.detach(), targets)
    assert_close(logits, ours.decode(state.detach(), targets, 1), **CLOSE, name="scores")
    ends = torch.full((n,), target_steps)
    assert_close(
        student.sequence_loss(logits.detach(), targets, ends),
        mean_loss(logits.detach(), targets, ends),
        **CLOSE,
        name="loss",
    )


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_padding_of_scores(student, rng):
    """What stands in the padding of scores and targets changes no loss."""
    for filling in (-40.0, 3e38):
        logits, targets, lengths = rng.randn(3, 5, V), rng.randint(0, V, (3, 5)), torch.tensor([5, 2, 3])
        want = mean_loss(logits, targets, lengths)
        logits[1, 2:, 0], logits[2, 3:, 4], targets[1, 2:], targets[2, 3:] = filling, -filling, 1, V - 1
        logits[1, 2:, 1] = -filling  # two finite scores whose difference is not
        assert_close(student.sequence_loss(logits, targets, lengths), want, **CLOSE, name="loss")


@pytest.mark.level("options")
@pytest.mark.weight(0.75)
def test_token_zero_counts(student, rng):
    """Whether a token counts is decided by the lengths alone: a token 0 that exists counts."""
    logits, targets, lengths = rng.randn(2, 3, V), torch.tensor([[0, 4, 0], [2, 0, 3]]), torch.tensor([3, 2])
    assert_close(
        student.sequence_loss(logits, targets, lengths),
        mean_loss(logits, targets, lengths),
        **CLOSE,
        name="loss",
    )


@pytest.mark.level("options")
@pytest.mark.weight(3.25)
def test_padding_of_sources(student, rng):
    """What stands in the padding of a source changes nothing."""
    ours, theirs = networks(student, rng)
    source, lengths = rng.randint(0, S, (3, 5)), torch.tensor([2, 5, 3])
    want = ours.encode(source, lengths)
    for filling in (0, S - 1):
        source[0, 2:], source[2, 3:] = filling, filling
        assert_close(student.encode(theirs, source, lengths), want, **CLOSE, name="encoder's state")


@pytest.mark.level("options")
@pytest.mark.weight(2.25)
def test_views(student, rng):
    """Transposed and sliced arguments give the same as contiguous ones."""
    ours, theirs = networks(student, rng)
    source, lengths = rng.randint(0, S, (4, 3)).T, torch.tensor([4, 9, 2, 9, 3, 9])[::2]
    assert_close(
        student.encode(theirs, source, lengths), ours.encode(source, lengths), **CLOSE, name="encoder's state"
    )
    state, targets = rng.uniform(-0.9, 0.9, H, 3).T, rng.randint(0, V, (3, 8))[:, ::2]
    assert_close(
        student.teacher_forced(theirs, state, targets), ours.decode(state, targets, 1), **CLOSE, name="scores"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_targets_are_not_seen(student, rng):
    """Scores at m depend on no target from m on, and on those before."""
    _, theirs = networks(student, rng)
    state, targets = rng.randn(2, H).tanh(), rng.randint(0, V, (2, 6))
    before = student.teacher_forced(theirs, state, targets)
    for m in (0, 3, 5):
        changed = targets.clone()
        changed[:, m] = (changed[:, m] + 4) % V
        after = student.teacher_forced(theirs, state, changed)
        assert_close(after[:, : m + 1], before[:, : m + 1], **CLOSE, name="scores up to the changed target")
        assert m == 5 or not torch.allclose(after[:, m + 1], before[:, m + 1]), (
            "the target before is not told"
        )


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_gradients(student, rng):
    """Every parameter gets the gradient of the whole loss, through decoder and encoder."""
    ours, theirs = networks(student, rng)
    source, lengths = rng.randint(0, S, (3, 5)), torch.tensor([3, 5, 1])
    targets, ends = rng.randint(0, V, (3, 4)), torch.tensor([4, 2, 3])
    mean_loss(ours.decode(ours.encode(source, lengths), targets, 1), targets, ends).backward()
    state = student.encode(theirs, source, lengths)
    student.sequence_loss(student.teacher_forced(theirs, state, targets), targets, ends).backward()
    want = dict(ours.named_parameters())
    for name, parameter in theirs.named_parameters():
        assert parameter.grad is not None, f"no gradient reaches {name}"
        assert_close(parameter.grad, want[name].grad, rtol=1e-3, atol=1e-5, name=f"gradient of {name}")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
@pytest.mark.parametrize("filling", [0.5, 1e30])
def test_padding_gets_no_gradient(student, rng, filling):
    """Scores in the padding get the gradient 0, the others that of the mean."""
    targets, lengths = rng.randint(0, V, (3, 4)), torch.tensor([1, 4, 2])
    values, found = rng.randn(3, 4, V, dtype=torch.float64), []
    values[0, 1:, :4], values[2, 2:, 3:] = filling, -filling
    for function in (mean_loss, student.sequence_loss):
        logits = values.clone().requires_grad_()
        function(logits, targets, lengths).backward()
        assert logits.grad is not None, "no gradient reaches the scores"
        found.append(logits.grad)
    assert_close(found[1], found[0], rtol=1e-9, atol=1e-11, name="gradient of the scores")


@pytest.mark.level("converges")
@pytest.mark.timeout(40)
def test_a_batch_by_heart(student, rng):
    """With these three a single batch of random pairs is learnt by heart."""
    model = student.translator(S, V, 32)
    source, lengths = rng.randint(0, S, (6, 4)), torch.tensor([4, 2, 3, 4, 4, 3])
    source[:, 0] = torch.arange(6)
    targets, ends = rng.randint(3, V, (6, 5)), torch.tensor([5, 3, 4, 2, 5, 1])
    names = [name for name, _ in model.named_parameters()]
    moments = {name: [torch.zeros(()), torch.zeros(())] for name in names}
    for number in range(1, 151):
        logits = student.teacher_forced(model, student.encode(model, source, lengths), targets)
        loss = student.sequence_loss(logits, targets, ends)
        model.zero_grad()
        loss.backward()
        new = {}
        for name, parameter in model.named_parameters():
            assert parameter.grad is not None, f"no gradient reaches {name}"
            m, v = moments[name]
            m, v = 0.9 * m + 0.1 * parameter.grad, 0.999 * v + 0.001 * parameter.grad.square()
            moments[name] = [m, v]
            new[name] = parameter.detach() - 0.02 * (m / (1 - 0.9**number)) / (
                (v / (1 - 0.999**number)).sqrt() + 1e-8
            )
        model.load_state_dict(new)
    logits = student.teacher_forced(model, student.encode(model, source, lengths), targets).detach()
    valid = torch.arange(5) < ends[:, None]
    right = float((logits.argmax(2) == targets)[valid].float().mean())
    assert right >= 0.95, f"{right:.2f} of the tokens of a single batch are right after 150 steps"


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """float64 scores have a float64 loss."""
    loss = student.sequence_loss(
        rng.randn(2, 3, V, dtype=torch.float64), rng.randint(0, V, (2, 3)), torch.tensor([3, 1])
    )
    assert loss.dtype == torch.float64, "the loss has the dtype of the scores"
