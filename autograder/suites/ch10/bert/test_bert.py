"""Hidden suite of `bert`: rates of the masking rule, the loss by hand, and the model against PyTorch's layers.

Rates are compared with their binomial distribution at 6.5 standard deviations (2 sided: 1e-10 each, fewer than 100).
"""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.testing import MOST_ECHO, assert_close, echo

pytestmark = [pytest.mark.exercise("bert"), pytest.mark.shares(runs=6, plain=40, options=32, invariants=22)]

V, CONTEXT, W, H, L = 17, 9, 8, 2, 2


def fits(count, trials, probability, what):
    slack = 6.5 * math.sqrt(trials * probability * (1 - probability)) + 1
    assert abs(count - trials * probability) <= slack, (
        f"{what}: {100 * count / trials:.2f}% instead of {100 * probability:.2f}%"
    )


def masked(student, rng, shape=(400, 500), vocab_size=600, special=(0, 1, 2), mask_id=2, **options):
    """Tokens, inputs, labels, and where a token was chosen."""
    ids = rng.randint(0, vocab_size, shape)
    inputs, labels = student.mask_tokens(ids, list(special), mask_id, vocab_size, rng.generator(), **options)
    return ids, inputs, labels, labels != -100


class Model(nn.Module):
    """BERT by its description, of PyTorch's layers."""

    def __init__(self, vocab_size=V, context=CONTEXT, width=W, heads=H, layers=L, types=2):
        super().__init__()
        self.token, self.position = nn.Embedding(vocab_size, width), nn.Embedding(context, width)
        self.segment, self.norm = nn.Embedding(types, width), nn.LayerNorm(width, 1e-12)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(width, heads, 4 * width, 0.0, F.gelu, 1e-12, batch_first=True)
            for _ in range(layers)
        )
        self.pooler = nn.Linear(width, width)

    def forward(self, ids, types=None, padding=None):
        x = self.token(ids) + self.position(torch.arange(ids.shape[1]))
        x = self.norm(x + self.segment(torch.zeros_like(ids) if types is None else types))
        for block in self.blocks:
            x = block(x, src_key_padding_mask=padding)
        return x, torch.tanh(self.pooler(x[:, 0]))


def pair(student, rng, scale=1.0, **sizes):
    """The student's model and the grader's with the same random weights, in float64."""
    given = {"vocab_size": V, "context": CONTEXT, "width": W, "heads": H, "layers": L, "types": 2} | sizes
    ours = Model(**given).double()
    state = {}
    for name, value in ours.state_dict().items():
        drawn = rng.randn(*value.shape, dtype=torch.float64)
        table = name.split(".")[0] in ("token", "position", "segment")
        scaled = scale * drawn if table else drawn / 3
        state[name] = scaled if value.dim() > 1 else 0.4 * drawn + ("norm" in name and "weight" in name)
    ours.load_state_dict(state)
    theirs = student.BERT(*given.values())
    theirs.double()
    theirs.load_state_dict(state)
    return theirs, ours


def same(got, want):
    for one, other, name in zip(got, want, ("states", "pooled state"), strict=True):
        assert_close(one, other, name=name)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """Inputs and labels have the shape of the tokens, states are (N, T, W), the pooled state (N, W)."""
    _, inputs, labels, _ = masked(student, rng, (3, 5), 9)
    assert tuple(inputs.shape) == tuple(labels.shape) == (3, 5), "inputs and labels of 3 x 5 tokens"
    assert student.mlm_loss(rng.randn(2, 3, 4), torch.tensor([[1, -100, 0], [2, 3, -100]])).dim() == 0, (
        "a scalar"
    )
    states, pooled = student.BERT(V, CONTEXT, W, H, L)(rng.randint(0, V, (2, 5)))
    assert tuple(states.shape) == (2, 5, W) and tuple(pooled.shape) == (2, W), "states and pooled state"


@pytest.mark.level("plain")
@pytest.mark.weight(6)
def test_chosen(student, rng):
    """15% of the tokens that may be are chosen; labels hold the true ones there, and inputs stay elsewhere."""
    ids, inputs, labels, chosen = masked(student, rng)
    may = ids > 2
    fits(int(chosen.sum()), int(may.sum()), 0.15, "chosen")
    assert_close(labels[chosen], ids[chosen], name="labels of the chosen places")
    assert_close(inputs[~chosen], ids[~chosen], name="inputs that were not chosen")


@pytest.mark.level("plain")
@pytest.mark.weight(15)
def test_three_kinds(student, rng):
    """Of the chosen 80% are masked, 10% stay, 10% are drawn evenly."""
    ids, inputs, _, chosen = masked(student, rng)
    n, size = int(chosen.sum()), 600
    got, true = inputs[chosen], ids[chosen]
    # A drawn token is the mask, or the true one, once in V.
    fits(int((got == 2).sum()), n, 0.8 + 0.1 / size, "of the chosen, masked")
    fits(int((got == true).sum()), n, 0.1 + 0.1 / size, "of the chosen, as they were")
    others = got[(got != 2) & (got != true)]
    fits(len(others), n, 0.1 * (1 - 2 / size), "of the chosen, random")
    for low, high in ((0, 150), (150, 450), (450, 600)):
        share = (high - low - (low == 0)) / (size - 1)
        fits(int(((others >= low) & (others < high)).sum()), len(others), share, "of the random, in a part")


@pytest.mark.level("plain")
@pytest.mark.weight(7)
def test_loss(student, rng):
    """The loss is the mean of -log p over the chosen places of the whole batch."""
    logits, labels = rng.randn(3, 4, 6, dtype=torch.float64), torch.full((3, 4), -100)
    places = [(0, 0, 5), (0, 3, 0), (1, 1, 2), (2, 3, 5)]
    for row, column, label in places:
        labels[row, column] = label
    log_probs = logits.log_softmax(-1)
    want = -sum(log_probs[place] for place in places) / len(places)
    assert_close(student.mlm_loss(logits, labels), want, name="loss")


@pytest.mark.level("plain")
@pytest.mark.weight(16)
def test_model(student, rng):
    """With equal weights states and pooled state are those of PyTorch's post-norm layers."""
    theirs, ours = pair(student, rng)
    ids, types = rng.randint(0, V, (3, 6)), rng.randint(0, 2, (3, 6))
    same(theirs(ids, types), ours(ids, types))


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_count(student):
    """BERT base has 109,482,240 parameters."""
    model = student.on_meta(student.BERT, 30_522, 512, 768, 12, 12)
    total = sum(math.prod(value.shape) for value in model.parameters())
    assert total == 109_482_240, f"BERT base has 109,482,240 parameters, yours {total:,}"


@pytest.mark.level("options")
@pytest.mark.weight(6)
def test_special(student, rng):
    """Special tokens are never chosen: padding too, and they do not change the rate of the others."""
    ids = rng.randint(0, 60, (300, 300))
    ids[:, 200:] = 1
    inputs, labels = student.mask_tokens(ids, [0, 1, 7], 7, 60, rng.generator())
    chosen, special = labels != -100, torch.isin(ids, torch.tensor([0, 1, 7]))
    assert not bool((chosen & special).any()), "a special token was chosen"
    assert_close(inputs[special], ids[special], name="inputs at special tokens")
    fits(int(chosen.sum()), int((~special).sum()), 0.15, "chosen of those that may be")


@pytest.mark.level("options")
@pytest.mark.weight(6)
def test_rate(student, rng):
    """Another rate is kept, and the three shares do not depend on it; at 0 nothing is chosen, at 1 all that may be."""
    ids, inputs, _, chosen = masked(student, rng, rate=0.4)
    fits(int(chosen.sum()), int((ids > 2).sum()), 0.4, "chosen")
    fits(int((inputs[chosen] == 2).sum()), int(chosen.sum()), 0.8 + 0.1 / 600, "of the chosen, masked")
    ids, inputs, labels, chosen = masked(student, rng, (20, 30), rate=0.0)
    assert not bool(chosen.any()) and torch.equal(inputs, ids), "at a rate of 0 something is chosen"
    ids, _, _, chosen = masked(student, rng, (20, 30), rate=1.0)
    assert torch.equal(chosen, ids > 2), "at a rate of 1 not all are chosen"


@pytest.mark.level("options")
@pytest.mark.weight(6)
def test_loss_of_nothing(student, rng):
    """Where nothing is chosen the loss is 0, with a gradient of zeros."""
    logits = rng.randn(2, 3, 5, requires_grad=True)
    loss = student.mlm_loss(logits, torch.full((2, 3), -100))
    assert float(loss.detach()) == 0.0, f"the loss where nothing is chosen is {float(loss.detach())}"
    loss.backward()
    assert logits.grad is not None, "no gradient reaches the logits"
    assert_close(logits.grad, torch.zeros(2, 3, 5), rtol=0, atol=0, name="gradient where nothing is chosen")


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
def test_types(student, rng):
    """Without types all tokens are of type 0; more types than two work."""
    theirs, ours = pair(student, rng, types=3)
    ids = rng.randint(0, V, (2, 5))
    same(theirs(ids), ours(ids))
    types = torch.tensor([[0, 1, 2, 2, 1], [2, 2, 0, 1, 0]])
    same(theirs(ids, types=types), ours(ids, types))


@pytest.mark.level("options")
@pytest.mark.weight(6)
def test_padding(student, rng):
    """Padding is hidden from all others, in each sequence its own; the pooled state is that of the first token."""
    theirs, ours = pair(student, rng)
    ids = rng.randint(0, V, (3, 6))
    padding = torch.arange(6) >= torch.tensor([[6], [2], [5]])
    got, want = theirs(ids, padding=padding), ours(ids, padding=padding)
    assert_close(got[0][~padding], want[0][~padding], name="states that are no padding")
    assert_close(got[1], want[1], name="pooled state")


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
def test_sizes(student, rng):
    """One layer, one head, one token, the whole context; small tables show the epsilon of 1e-12."""
    for sizes in ({"layers": 1, "heads": 1, "width": 6}, {"vocab_size": 5, "context": 3}):
        theirs, ours = pair(student, rng, scale=1e-3, **sizes)
        for shape in ((1, 1), (2, sizes.get("context", CONTEXT))):
            ids = rng.randint(0, sizes.get("vocab_size", V), shape)
            same(theirs(ids), ours(ids))


@pytest.mark.level("options")
@pytest.mark.weight(6)
def test_every_random_token(student, rng):
    """Random tokens are all V alike: special ones, the last one, and those that the batch lacks."""
    # Many short calls, since a wrong one must show in what is kept of an answer: its first 500 numbers or so.
    ids, generator = torch.full((20, 25), 4), rng.generator()
    calls = [student.mask_tokens(ids, [0, 1, 2], 2, 9, generator) for _ in range(120)]
    inputs, labels = (torch.cat(parts) for parts in zip(*calls, strict=True))
    drawn = inputs[(labels != -100) & (inputs != 2) & (inputs != 4)]
    fits(len(drawn), int((labels != -100).sum()), 0.1 * 7 / 9, "of the chosen, random")
    for token in (0, 1, 3, 5, 6, 7, 8):
        fits(int((drawn == token).sum()), len(drawn), 1 / 7, f"of the random, token {token} of nine")


@pytest.mark.level("contract")
@pytest.mark.weight(0.5)
def test_block_argument(student, rng):
    """The blocks are made by the argument `block`, each by a call of its own."""
    asked = []

    def maker(*args, **options):
        asked.append(options)
        return student.ready_block(*args, **options)

    student.BERT(V, CONTEXT, W, H, 3, 2, maker)
    assert len(asked) == 3, f"for 3 layers the block was made {len(asked)} times"


@pytest.mark.level("invariants")
@pytest.mark.weight(5)
def test_draws(student, rng):
    """Places are drawn one by one: rows, columns and calls do not repeat each other."""
    _, _, _, chosen = masked(student, rng, (3000, 50))
    drawn = chosen.double()
    for column in (0, 1, 25, 49):
        fits(int(drawn[:, column].sum()), 3000, 0.15 * 597 / 600, "chosen in one place of all sequences")
    # Rates of 3,000 rows of 50 places each scatter by 0.050; all equal they would not at all, by whole rows by 0.36.
    assert 0.045 < float(drawn.mean(1).std()) < 0.056, "the places of a row are not drawn one by one"
    assert echo((drawn - drawn.mean()) / drawn.std()) < MOST_ECHO, "rows or places repeat each other"


@pytest.mark.level("invariants")
@pytest.mark.weight(5)
def test_generator(student, rng):
    """The generator draws everything: one seed gives the same, the next call something else."""
    ids, seed = rng.randint(3, 90, (20, 30)), rng.seed()
    first, second = (torch.Generator().manual_seed(seed) for _ in range(2))
    one, same_again, other = (student.mask_tokens(ids, [0], 2, 90, g) for g in (first, second, first))
    assert_close(one[0], same_again[0], name="inputs from the same seed")
    assert_close(one[1], same_again[1], name="labels from the same seed")
    assert not torch.equal(one[1], other[1]), "a second call with the same generator chose the same places"


@pytest.mark.level("invariants")
@pytest.mark.weight(5)
def test_gradients(student, rng):
    """Gradients of the loss and of all parameters are those of PyTorch's layers."""
    theirs, ours = pair(student, rng)
    ids, labels = (
        rng.randint(0, V, (2, 5)),
        torch.tensor([[-100, 3, -100, 0, -100], [-100, -100, 16, -100, -100]]),
    )
    ids[0, 1] = 0
    for model, loss_of in ((ours, F.cross_entropy), (theirs, None)):
        states, pooled = model(ids)
        logits = states @ torch.linspace(-1, 1, W * V, dtype=torch.float64).view(W, V)
        if loss_of is not None:
            loss = loss_of(logits.flatten(0, 1), labels.flatten())
        else:
            loss = student.mlm_loss(logits, labels)
        (loss + pooled.square().sum()).backward()
    wanted = dict(ours.named_parameters())
    for name, value in theirs.named_parameters():
        assert value.grad is not None, f"no gradient reaches {name}"
        assert_close(value.grad, wanted[name].grad, rtol=1e-6, atol=1e-9, name=f"gradient in {name}")


@pytest.mark.level("invariants")
@pytest.mark.weight(4)
def test_both_ways(student, rng):
    """Each token counts for the state of every other one, before and after it."""
    theirs, _ = pair(student, rng)
    ids = rng.randint(0, V, (1, 5))
    before, _ = theirs(ids)
    for place in (0, 4):
        other = ids.clone()
        other[0, place] = (ids[0, place] + 1) % V
        change = (theirs(other)[0] - before).detach().abs().amax(-1)
        assert float(change.min()) > 1e-9, "a token does not count for the others"


@pytest.mark.level("contract")
@pytest.mark.weight(0.5)
def test_inputs_and_labels_are_apart(student, rng):
    """Inputs, labels and the tokens handed in share no memory."""
    ids = rng.randint(3, 50, (4, 5))
    kept = ids.clone()
    inputs, labels = student.mask_tokens(ids, [0], 1, 50, rng.generator())
    assert torch.equal(ids, kept), "the tokens that were handed in are changed"
    assert inputs.dtype == labels.dtype == torch.int64, "inputs and labels are int64"
    before = labels.clone()
    inputs += 1
    assert torch.equal(labels, before), "inputs and labels share their memory"


@pytest.mark.level("contract")
@pytest.mark.weight(0.5)
def test_two_models(student, rng):
    """Two models share nothing."""
    one, other = student.BERT(V, CONTEXT, W, H, 1), student.BERT(V, CONTEXT, W, H, 1)
    ids = rng.randint(0, V, (1, 4))
    before = other(ids)[0].detach()
    one.load_state_dict({name: value + 1 for name, value in dict(one.state_dict()).items()})
    assert_close(
        other(ids)[0].detach(), before, name="states of the second model after a change of the first"
    )
