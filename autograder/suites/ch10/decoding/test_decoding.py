"""Hidden suite of `decoding`: against a sum over a sorted Python list, and counts of what is drawn.

Counts are compared with their binomial distribution at 6.5 standard deviations (2 sided: 1e-10 each, fewer than 100).
"""

import math

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("decoding"),
    pytest.mark.shares(runs=6, plain=44, options=32, invariants=18),
]


def by_hand(row, temperature=1.0, top_k=None, top_p=None):
    """The probabilities of one row, in Python's own floats."""
    order = sorted(range(len(row)), key=lambda i: (-row[i], i))
    if temperature == 0:
        return [1.0 if i == order[0] else 0.0 for i in range(len(row))]
    weight = {i: math.exp((row[i] - row[order[0]]) / temperature) for i in order}
    if top_k is not None:
        order = order[:top_k]
    total = sum(weight[i] for i in order)
    if top_p is not None:
        kept, mass = [], 0.0
        for i in order:
            kept.append(i)
            mass += weight[i] / total
            if mass >= top_p and top_p < 1:
                break
        order = kept
    total = sum(weight[i] for i in order)
    return [weight[i] / total if i in order else 0.0 for i in range(len(row))]


def check(student, logits, **options):
    want = torch.tensor([by_hand(row, **options) for row in logits.tolist()], dtype=logits.dtype)
    got = student.next_probs(logits, **options)
    said = ", ".join(f"{name} {value}" for name, value in options.items()) or "no options"
    assert got.shape == want.shape, f"for {tuple(logits.shape)} logits the shape is {tuple(got.shape)}"
    kept, wanted = (got > 0).sum(-1).tolist(), (want > 0).sum(-1).tolist()
    assert kept == wanted, f"with {said} the rows keep {kept} tokens instead of {wanted}"
    assert_close(got, want, rtol=1e-5, atol=1e-7, name=f"probabilities with {said}")


def looks_like(count, trials, probability):
    return abs(count - trials * probability) <= 6.5 * math.sqrt(trials * probability * (1 - probability)) + 1


class Table:
    """A model whose logits depend on the last token, and on how many tokens it is given."""

    def __init__(self, table, by_length=0.0):
        self.table, self.by_length = table, by_length
        self.given = []

    def __call__(self, ids):
        self.given.append(ids.clone())
        logits = self.table[ids].clone()
        logits[..., 0] += self.by_length * ids.shape[1]
        return logits


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """Probabilities are (N, V), what is written is a tensor of one axis."""
    probs = student.next_probs(rng.randn(2, 5))
    assert tuple(probs.shape) == (2, 5), f"the probabilities have shape {tuple(probs.shape)}"
    ids = student.generate(Table(rng.randn(5, 5)), torch.tensor([1]), 2, 4, rng.generator())
    assert ids.dim() == 1, f"one token and two more have shape {tuple(ids.shape)}"


@pytest.mark.level("plain")
@pytest.mark.weight(7)
def test_temperature(student, rng):
    """Logits are divided by the temperature; at 0 the likeliest takes all."""
    logits = 2 * rng.randn(3, 6, dtype=torch.float64)
    for temperature in (1.0, 0.4, 3.0, 0):
        check(student, logits, temperature=temperature)


@pytest.mark.level("plain")
@pytest.mark.weight(4)
def test_top_k(student, rng):
    """Top-k keeps the k likeliest and divides by their sum."""
    logits = rng.randn(4, 7, dtype=torch.float64)
    for k in (1, 2, 5, 7):
        check(student, logits, top_k=k)


@pytest.mark.level("plain")
@pytest.mark.weight(6)
def test_top_p(student, rng):
    """Top-p keeps the fewest likeliest whose sum reaches p, the one that reaches it too."""
    logits = 1.5 * rng.randn(5, 8, dtype=torch.float64)
    for p in (0.1, 0.5, 0.8, 0.95):
        check(student, logits, top_p=p)
    check(student, torch.tensor([[0.05, 0.6, 0.35]], dtype=torch.float64).log(), top_p=0.7)


@pytest.mark.level("plain")
@pytest.mark.weight(9)
def test_generate(student, rng):
    """Each token is drawn by the logits after the last one, and the prompt stands first."""
    table = torch.full((5, 5), -60.0)
    for i in range(5):
        table[i, (2 * i + 1) % 5] = 60.0
    want = [3, 4]
    for _ in range(6):
        want.append((2 * want[-1] + 1) % 5)
    got = student.generate(Table(table), torch.tensor([3, 4]), 6, 10, rng.generator())
    assert got.tolist() == want, f"the tokens are {got.tolist()} instead of {want}"


@pytest.mark.level("options")
@pytest.mark.weight(8)
def test_order(student, rng):
    """Temperature comes first, then top-k, then top-p among what top-k left, wherever the logits lie."""
    logits = 2 * rng.randn(6, 9, dtype=torch.float64)
    for options in (
        {"temperature": 2.5, "top_p": 0.7},
        {"temperature": 0.5, "top_p": 0.7},
        {"temperature": 3.0, "top_k": 4, "top_p": 0.6},
        {"top_k": 3, "top_p": 0.75},
        {"temperature": 0.3, "top_k": 5},
    ):
        check(student, logits, **options)
        check(student, logits + 2000, **options)
    row = torch.tensor([[0.5, 0.3, 0.15, 0.05]], dtype=torch.float64).log()
    check(student, row, top_k=2, top_p=0.6)


@pytest.mark.level("options")
@pytest.mark.weight(8)
def test_ties(student):
    """Of equally likely tokens those with the smaller number are kept, and exactly k of them."""
    equal = torch.zeros(1, 6, dtype=torch.float64)
    for options in ({"top_k": 4}, {"top_k": 1}, {"temperature": 0}):
        check(student, equal, **options)
    mixed = torch.tensor([[1.0, 2.0, 1.0, 2.0, 1.0, 0.0]], dtype=torch.float64)
    for options in ({"top_k": 1}, {"top_k": 3}, {"top_k": 4}, {"top_p": 0.8}, {"temperature": 0}):
        check(student, mixed, **options)
    check(student, mixed - 10_000, top_k=3)


@pytest.mark.level("options")
@pytest.mark.weight(8)
def test_ends_of_p(student):
    """A sum equal to p closes the nucleus; p of 0 keeps one token, p of 1 all."""
    equal = torch.zeros(1, 4, dtype=torch.float64)  # quarters, whose sums are exact
    check(student, equal, top_p=0.5)
    check(student, equal, top_p=0.0)
    check(student, equal, top_p=1.0)
    check(student, torch.tensor([[9.0, -9.0, 0.0, -40.0]], dtype=torch.float64), top_p=1.0)
    # The first probability rounds to 1, so the sum has reached p before the others.
    check(student, torch.tensor([[0.0, -50.0, -60.0]], dtype=torch.float64), top_p=1.0)


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_rows_and_ends(student, rng):
    """Rows are cut one by one; a k above V keeps all; a single row, a single token."""
    logits = torch.stack([torch.tensor([9.0, 0.0, 0.0, 0.0]), torch.tensor([0.1, 0.2, 0.0, 0.3])]).double()
    check(student, logits, top_p=0.6)
    check(student, rng.randn(2, 4, dtype=torch.float64), top_k=9)
    check(student, rng.randn(1, 1, dtype=torch.float64), temperature=0.5, top_k=1, top_p=0.5)


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_large_logits(student):
    """Logits of 10,000 and low temperatures give no NaN."""
    logits = torch.tensor([[10_000.0, -10_000.0, 9_999.0], [-1e4, -1e4, -1e4]])
    for options in ({}, {"temperature": 0.01}, {"top_p": 0.9}, {"top_k": 2, "temperature": 0.1}):
        got = student.next_probs(logits, **options)
        assert bool(got.isfinite().all()), "a probability is not finite"
        assert_close(got.sum(-1), torch.ones(2), rtol=1e-4, atol=1e-5, name="sums of the rows")
        check(student, logits.double(), **options)


@pytest.mark.level("options")
@pytest.mark.weight(8)
def test_context(student, rng):
    """The model is given the last `context` tokens at most, and all of them where they fit."""
    model = Table(rng.randn(6, 6))
    ids = student.generate(model, torch.tensor([1, 2, 3]), 6, 4, rng.generator())
    for number, given in enumerate(model.given):
        have = ids[: 3 + number]
        assert_close(given, have[None, -4:], name=f"what the model was given for token {number}")
    assert len(model.given) == 6, f"for six tokens the model is called {len(model.given)} times"


@pytest.mark.level("options")
@pytest.mark.weight(9)
def test_generate_options(student, rng):
    """The options of next_probs hold while writing: frequencies are those of the cut distribution."""
    row, n = torch.tensor([1.0, 0.2, -0.4, 0.7, -1.0]), 500
    for options in (
        {"temperature": 2.0},
        {"top_k": 2},
        {"top_p": 0.7},
        {"temperature": 0.5, "top_k": 3, "top_p": 0.9},
    ):
        drawn = student.generate(
            Table(row.expand(5, 5)), torch.tensor([0]), n, 3, rng.generator(), **options
        )[-n:]
        for token, probability in enumerate(by_hand(row.tolist(), **options)):
            found = int((drawn == token).sum())
            assert looks_like(found, n, probability), (
                f"a token comes {found} times in {n}, which does not fit its probability"
            )
    greedy = student.generate(
        Table(row.expand(5, 5)), torch.tensor([2]), 4, 3, rng.generator(), temperature=0
    )
    assert greedy.tolist() == [2, 0, 0, 0, 0], "at temperature 0 the likeliest token is written"


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_generator(student, rng):
    """The generator draws everything: one seed gives the same text, and the next call another one."""
    seed, model = rng.seed(), Table(torch.zeros(9, 9))
    first, second = (torch.Generator().manual_seed(seed) for _ in range(2))
    a, b, c = (student.generate(model, torch.tensor([0]), 30, 5, g) for g in (first, second, first))
    assert_close(a, b, name="texts from the same seed")
    assert not torch.equal(a, c), "a second call with the same generator gave the same text"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_sum_and_order(student, rng):
    """Rows sum to 1; tokens that change places take their probabilities along; a shift of all logits is nothing."""
    logits, order = rng.randn(3, 8, dtype=torch.float64), rng.perm(8)
    for options in ({"top_k": 3}, {"top_p": 0.6}, {"temperature": 0.7, "top_k": 5, "top_p": 0.8}):
        got = student.next_probs(logits, **options)
        assert_close(got.sum(-1), torch.ones(3).double(), name="sums of the rows")
        assert_close(
            student.next_probs(logits[:, order], **options), got[:, order], name="after changing places"
        )
        assert_close(
            student.next_probs(logits + 50, **options), got, rtol=1e-6, atol=1e-9, name="after a shift"
        )


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_nothing_adds_up(student, rng):
    """The temperature is the same for the first token and for the last; the model's table stays as it is."""
    row, n = torch.tensor([3.0, 0.0, -0.5]), 400
    table = row.expand(3, 3).contiguous()
    kept = table.clone()

    def model(ids):
        return table[ids]

    drawn = student.generate(model, torch.tensor([0]), n, 4, rng.generator(), temperature=1.6)[-n:]
    first = by_hand(row.tolist(), 1.6)[0]
    for half in (drawn[: n // 2], drawn[n // 2 :]):
        assert looks_like(int((half == 0).sum()), n // 2, first), "the temperature changes on the way"
    assert_close(table, kept, rtol=0, atol=0, name="the model's table")


@pytest.mark.level("contract")
def test_no_graph(student, rng):
    """No graph is recorded while it writes, and nothing is written where nothing is asked for."""
    model, recorded = student.Translator(5, 8, 8, 2, 1).target, []  # a table: ids to eight numbers each
    model.register_forward_hook(lambda module, args, answer: recorded.append(answer.requires_grad))
    student.generate(model, torch.tensor([1, 2]), 3, 4, rng.generator())
    assert recorded and not any(recorded), "the logits hang on a graph"
    ids = student.generate(Table(rng.randn(4, 4)), torch.tensor([1, 2]), 0, 4, rng.generator())
    assert ids.tolist() == [1, 2], "with nothing to write the prompt comes back"
