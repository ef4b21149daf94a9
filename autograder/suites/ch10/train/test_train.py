"""Hidden suite of `train`. Weights after some steps are compared with AdamW of the grader's own, in float64; then the
translator is trained on numbers whose digits and words have new numbers, drawn for each grading, and translates numbers
that the student's process has never seen.
"""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.testing import assert_close
from selfcheck.translation import END, PADDING, SOURCE_SIZE, START, TARGET_SIZE, load_numbers

pytestmark = [
    pytest.mark.exercise("train"),
    pytest.mark.shares(runs=6, plain=29, options=38, invariants=17, converges=10),
]

SOURCE, TARGET = 6, 7
PLAIN = {"decay": 0.0, "max_norm": 1e6}
"""Nothing decays and nothing is clipped: what is asked is something else."""


class Translator(nn.Module):
    """The given model, made again of PyTorch's layers."""

    def __init__(self, width=8, heads=2, layers=1, context=9):
        super().__init__()
        self.source, self.target = nn.Embedding(SOURCE, width), nn.Embedding(TARGET, width)
        self.source_place, self.target_place = nn.Embedding(context, width), nn.Embedding(context, width)
        given = (width, heads, 4 * width, 0.0, F.gelu)
        options = {"batch_first": True, "norm_first": True}
        self.encoder = nn.ModuleList(nn.TransformerEncoderLayer(*given, **options) for _ in range(layers))
        self.decoder = nn.ModuleList(nn.TransformerDecoderLayer(*given, **options) for _ in range(layers))
        self.source_norm, self.target_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.scores = nn.Linear(width, TARGET)
        self.scale = math.sqrt(width)

    def forward(self, sources, targets):
        padding = sources == 0
        memory = self.scale * (self.source(sources) + self.source_place.weight[: sources.shape[1]])
        for block in self.encoder:
            memory = block(memory, src_key_padding_mask=padding)
        memory = self.source_norm(memory)
        y = self.scale * (self.target(targets) + self.target_place.weight[: targets.shape[1]])
        hidden = torch.ones(targets.shape[1], targets.shape[1], dtype=torch.bool).triu(1)
        for block in self.decoder:
            y = block(y, memory, hidden, memory_key_padding_mask=padding)
        return self.scores(self.target_norm(y))


def models(student, rng):
    """The student's translator and the grader's with the same weights in float64."""
    ours = Translator().double()
    with torch.no_grad():
        for value in ours.parameters():
            value.copy_(0.4 * rng.randn(*value.shape, dtype=torch.float64))
    theirs = student.Translator(SOURCE, TARGET, 8, 2, 1, 9)
    theirs.double()
    theirs.load_state_dict({name: value.clone() for name, value in ours.state_dict().items()})
    return ours, theirs


def batches_of(rng, count, batch=3):
    """Random pairs; some have padding."""
    found = []
    for _ in range(count):
        sources, targets = rng.randint(1, SOURCE, (batch, 4)), rng.randint(1, TARGET, (batch, 5))
        sources[0, 3:], targets[0, 4:] = 0, 0
        found.append((sources, targets))
    return found


def loss_of(model, batch):
    sources, targets = batch
    return F.cross_entropy(
        model(sources, targets[:, :-1]).flatten(0, 1), targets[:, 1:].flatten(), ignore_index=0
    )


def trained(model, batches, rate, decay=0.1, max_norm=1.0, frozen=(), loss_of=loss_of):
    """The rule, written out: Adam's averages, decoupled decay of what has two axes, clipping of all together."""
    values = [value for name, value in model.named_parameters() if not name.startswith(tuple(frozen) or "-")]
    first, second = ([torch.zeros_like(value) for value in values] for _ in range(2))
    losses = []
    for step, batch in enumerate(batches):
        loss = loss_of(model, batch)
        gradients = torch.autograd.grad(loss, values, allow_unused=True)
        gradients = [torch.zeros_like(v) if g is None else g for v, g in zip(values, gradients, strict=True)]
        norm = math.sqrt(sum(float(g.square().sum()) for g in gradients))
        factor = min(1.0, max_norm / (norm + 1e-6))
        with torch.no_grad():
            for value, g, m, s in zip(values, gradients, first, second, strict=True):
                g = factor * g
                m.mul_(0.9).add_(0.1 * g)
                s.mul_(0.95).add_(0.05 * g * g)
                if value.dim() >= 2:
                    value.mul_(1 - rate(step) * decay)
                mean, square = m / (1 - 0.9 ** (step + 1)), s / (1 - 0.95 ** (step + 1))
                value.sub_(rate(step) * mean / (square.sqrt() + 1e-8))
        losses.append(float(loss.detach()))
    return losses


def same_weights(ours, theirs):
    want = ours.state_dict()
    for name, value in dict(theirs.state_dict()).items():
        assert_close(value, want[name], rtol=1e-5, atol=1e-7, name=f"{name} after training")


class Modes:
    """Writes down in which mode a model is called, and with which sources."""

    def __init__(self, model):
        self.training, self.sources = [], []
        model.register_forward_hook(self._see, with_kwargs=True)

    def _see(self, module, args, named, answer):
        self.training.append(module.training)
        self.sources.append((args[0] if args else named["sources"]).clone())


def constant(value):
    return lambda step: value


@pytest.mark.level("runs")
@pytest.mark.gate
def test_runs(student, rng):
    """fit runs and returns a finite float for each batch."""
    model = student.Translator(SOURCE, TARGET, 8, 2, 1, 9)
    losses = student.fit(model, batches_of(rng, 3), student.translation_loss, constant(1e-3))
    assert isinstance(losses, (list, tuple)) and len(losses) == 3, "there is one loss for each of 3 batches"
    assert all(isinstance(loss, float) and math.isfinite(loss) for loss in losses), (
        "each loss is a finite float"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_steps(student, rng):
    """After some steps at one rate the weights are those of the rule."""
    ours, theirs = models(student, rng)
    batches = batches_of(rng, 4)
    trained(ours, batches, constant(0.01), **PLAIN)
    student.fit(theirs, batches, student.translation_loss, constant(0.01), **PLAIN)
    same_weights(ours, theirs)


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_changing_rate(student, rng):
    """Each step has its own rate, that of its number from 0."""
    ours, theirs = models(student, rng)
    batches = batches_of(rng, 4)
    rates = [0.001, 0.03, 0.0, 0.01]
    trained(ours, batches, rates.__getitem__, **PLAIN)
    student.fit(theirs, batches, student.translation_loss, lambda step: rates[step], **PLAIN)
    same_weights(ours, theirs)


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_losses(student, rng):
    """What comes back is the loss of each batch before its step."""
    ours, theirs = models(student, rng)
    batches = batches_of(rng, 4)
    want = trained(ours, batches, constant(0.02), **PLAIN)
    got = student.fit(theirs, batches, student.translation_loss, constant(0.02), **PLAIN)
    assert_close(torch.tensor(got).double(), torch.tensor(want).double(), rtol=1e-5, atol=1e-6, name="losses")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_defaults(student, rng):
    """Unless others are given the decay is 0.1 and the largest norm 1."""
    ours, theirs = models(student, rng)
    batches = batches_of(rng, 4)
    trained(ours, batches, constant(0.01))
    student.fit(theirs, batches, student.translation_loss, constant(0.01))
    same_weights(ours, theirs)


@pytest.mark.level("options")
@pytest.mark.weight(4)
@pytest.mark.parametrize("decay", [0.0, 2.0])
def test_decay(student, rng, decay):
    """What has two axes is decayed by as much as is asked for, and nothing else is."""
    ours, theirs = models(student, rng)
    batches = batches_of(rng, 3)
    trained(ours, batches, constant(0.02), decay=decay, max_norm=1e6)
    student.fit(theirs, batches, student.translation_loss, constant(0.02), decay=decay, max_norm=1e6)
    same_weights(ours, theirs)


@pytest.mark.level("options")
@pytest.mark.weight(4)
@pytest.mark.parametrize("max_norm", [1e-4, 1e6])
def test_clipping(student, rng, max_norm):
    """The gradient is clipped to the norm asked for, over all parameters together."""
    ours, theirs = models(student, rng)
    batches = batches_of(rng, 3)
    scales = [0.001, 0.01, 0.02]
    trained(ours, batches, scales.__getitem__, 0.0, max_norm)
    student.fit(theirs, batches, student.translation_loss, lambda step: scales[step], 0.0, max_norm)
    same_weights(ours, theirs)


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_frozen(student, rng):
    """Parameters that need no gradient stay, and do not count in the norm; the others are trained."""
    ours, theirs = models(student, rng)
    theirs.encoder.requires_grad_(False)
    batches = batches_of(rng, 3)
    trained(ours, batches, constant(0.01), **PLAIN, frozen=("encoder",))
    student.fit(theirs, batches, student.translation_loss, constant(0.01), **PLAIN)
    same_weights(ours, theirs)


def of_other_layers(layers):
    """Layers with parameters of one axis, two and three, whose names say nothing of it; one number comes out."""
    return layers.Sequential(
        layers.Conv1d(2, 3, 2), layers.Flatten(0), layers.LayerNorm(9), layers.PReLU(), layers.Linear(9, 1)
    )


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_other_layers(student, rng):
    """Kernels of three axes are decayed, and vectors are not, whatever their names."""
    ours, theirs = of_other_layers(nn).double(), of_other_layers(student.nn)
    with torch.no_grad():
        for value in ours.parameters():
            value.copy_(0.4 * rng.randn(*value.shape, dtype=torch.float64))
    theirs.double()
    theirs.load_state_dict({name: value.clone() for name, value in ours.state_dict().items()})
    batches = [rng.randn(2, 4, dtype=torch.float64) for _ in range(3)]
    # The loss is what the model gives. It is calculated where the student's code is, so that gradients come any way.
    trained(ours, batches, constant(0.02), decay=2.0, max_norm=1e6, loss_of=nn.Sequential.forward)
    student.fit(theirs, batches, student.nn.Sequential.forward, constant(0.02), decay=2.0, max_norm=1e6)
    same_weights(ours, theirs)


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_batches_in_order(student, rng):
    """Each batch is taken once, in its turn, a single one too."""
    for count in (5, 1):
        model, batches = student.Translator(SOURCE, TARGET, 8, 2, 1, 9), batches_of(rng, count)
        seen = Modes(model)
        student.fit(model, batches, student.translation_loss, constant(1e-3))
        assert len(seen.sources) == count, (
            f"for {count} batches the model is called {len(seen.sources)} times"
        )
        for got, (want, _) in zip(seen.sources, batches, strict=True):
            assert_close(got, want, name="sources that the model was given")


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_rate_is_asked_once(student, rng):
    """The rate is asked for once a step, from step 0."""
    asked = []

    def rate(step):
        asked.append(step)
        return 1e-3

    student.fit(
        student.Translator(SOURCE, TARGET, 8, 2, 1, 9), batches_of(rng, 4), student.translation_loss, rate
    )
    assert asked == [0, 1, 2, 3], f"the rate was asked for at the steps {asked}"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_training_mode(student, rng):
    """The model trains in training mode, also if it came in evaluation mode."""
    model = student.Translator(SOURCE, TARGET, 8, 2, 1, 9)
    model.eval()
    seen = Modes(model)
    student.fit(model, batches_of(rng, 2), student.translation_loss, constant(1e-3))
    assert seen.training and all(seen.training), "the model is trained in evaluation mode"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_leftover_gradients(student, rng):
    """Gradients that lie there from before count for nothing."""
    ours, theirs = models(student, rng)
    batches = batches_of(rng, 2)
    (1e3 * loss_of(theirs, batches[0])).backward()
    trained(ours, batches, constant(0.01), **PLAIN)
    student.fit(theirs, batches, student.translation_loss, constant(0.01), **PLAIN)
    same_weights(ours, theirs)


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_two_trainings(student, rng):
    """A second training knows nothing of the first: its averages begin at 0."""
    student.fit(
        student.Translator(SOURCE, TARGET, 8, 2, 1, 9),
        batches_of(rng, 2),
        student.translation_loss,
        constant(0.1),
    )
    ours, theirs = models(student, rng)
    batches = batches_of(rng, 3)
    for part in (batches, batches[:2]):
        trained(ours, part, constant(0.01), **PLAIN)
        student.fit(theirs, part, student.translation_loss, constant(0.01), **PLAIN)
    same_weights(ours, theirs)


STEPS, BATCH, BAR = 150, 32, 0.6


def rate_of(step):
    """Warm-up over 30 steps to 0.003, then half a cosine to 0."""
    if step < 30:
        return 3e-3 * (step + 1) / 30
    return 1.5e-3 * (1 + math.cos(math.pi * (step - 30) / (STEPS - 30)))


def renamed(rng, sources, targets):
    """The same pairs with digits and words under new numbers."""
    digits = torch.cat([torch.arange(3), 3 + rng.perm(SOURCE_SIZE - 3)])
    words = torch.cat([torch.arange(3), 3 + rng.perm(TARGET_SIZE - 3)])
    return digits[sources], words[targets]


@pytest.mark.level("converges")
@pytest.mark.timeout(90)
def test_translates(student, rng):
    """Trained on 150 batches under new names, the translator says new numbers word for word, three of five at least."""
    learn, judge = load_numbers(8000, 300, seed=rng.seed() % 2**31)
    sources, targets = renamed(
        rng, torch.cat([learn.sources, judge.sources]), torch.cat([learn.targets, judge.targets])
    )
    rows = rng.randint(0, 8000, (STEPS, BATCH))
    model = student.Translator(SOURCE_SIZE, TARGET_SIZE)
    batches = [(sources[r], targets[r]) for r in rows]
    student.fit(model, batches, student.translation_loss, rate_of, decay=0.01)
    model.eval()
    said = torch.full((300, 1), START)
    with torch.no_grad():
        for _ in range(targets.shape[1] - 1):
            said = torch.cat([said, model(sources[8000:], said)[:, -1:].argmax(-1)], dim=1)
    ended = ((said == END).cumsum(1) - (said == END).long()) > 0
    right = (said.masked_fill(ended, PADDING) == targets[8000:]).all(1).double().mean().item()
    # The one run that was measured had 0.95; the bar leaves room until there are more.
    assert right >= BAR, (
        f"{100 * right:.0f}% of new numbers come out word for word, {100 * BAR:.0f}% are asked"
    )
