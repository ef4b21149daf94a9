"""Hidden suite of `bigram`; the oracle counts pairs one by one and multiplies probabilities.

Tolerance: everything is float64 and a mean of at most 3000 logarithms, so two orders of summation differ by 1e-13.
"""

import math

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [pytest.mark.exercise("bigram"), pytest.mark.shares(runs=7, plain=37, options=46, invariants=10)]

CLOSE = {"rtol": 1e-9, "atol": 1e-12}


def counted(ids, vocab_size):
    """Pairs, counted one by one."""
    counts = torch.zeros(vocab_size, vocab_size, dtype=torch.float64)
    for before, after in zip(ids.tolist(), ids.tolist()[1:], strict=False):
        counts[before, after] += 1
    return counts


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """Counts and log-probabilities are float64 tables (V, V), and the perplexity is one number."""
    ids = rng.randint(0, 5, (40,))
    counts = student.bigram_counts(ids, 5)
    assert isinstance(counts, torch.Tensor), "bigram_counts must return a tensor"
    assert counts.shape == (5, 5), (
        f"5 characters: the counts have shape {tuple(counts.shape)} instead of (5, 5)"
    )
    log_probs = student.bigram_log_probs(counted(ids, 5))
    assert isinstance(log_probs, torch.Tensor) and log_probs.shape == (5, 5), (
        "the log-probabilities are (V, V)"
    )
    perplexity = student.bigram_perplexity(torch.full((5, 5), -math.log(5), dtype=torch.float64), ids)
    assert isinstance(perplexity, (float, torch.Tensor)), "bigram_perplexity must return one number"


@pytest.mark.level("plain")
def test_by_hand(student):
    """In "abracadabra", b follows a twice; without smoothing its perplexity is the tenth root of 64."""
    ids = torch.tensor([0, 1, 4, 0, 2, 0, 3, 0, 1, 4, 0])
    counts = student.bigram_counts(ids, 5)
    want = torch.zeros(5, 5, dtype=torch.float64)
    want[0, 1], want[0, 2], want[0, 3] = 2, 1, 1
    want[1, 4], want[4, 0], want[2, 0], want[3, 0] = 2, 2, 1, 1
    assert_close(counts, want, **CLOSE, name="counts")
    nearly = student.bigram_log_probs(want, 1e-12)
    assert abs(float(student.bigram_perplexity(nearly, ids)) - 64**0.1) < 1e-6, (
        "the perplexity is not 64^(1/10)"
    )


@pytest.mark.level("plain")
@pytest.mark.parametrize(("length", "vocab_size"), [(2, 3), (500, 4), (3000, 29)])
def test_counts(student, rng, length, vocab_size):
    """Every pair of neighbours is counted once, in its order, repeated ones as often as they come."""
    ids = rng.randint(0, vocab_size, (length,))
    assert_close(student.bigram_counts(ids, vocab_size), counted(ids, vocab_size), **CLOSE, name="counts")


@pytest.mark.level("plain")
def test_uniform(student, rng):
    """A model that gives every character the same probability has the vocabulary's size as its perplexity."""
    for vocab_size in (2, 7, 103):
        log_probs = torch.full((vocab_size, vocab_size), -math.log(vocab_size), dtype=torch.float64)
        got = float(student.bigram_perplexity(log_probs, rng.randint(0, vocab_size, (90,))))
        assert abs(got - vocab_size) < 1e-8 * vocab_size, (
            f"the perplexity is {got:.4f} instead of {vocab_size}"
        )


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize("smoothing", [0.1, 1.0, 4.5])
def test_smoothing(student, rng, smoothing):
    """Every pair is given `smoothing` sightings more, and each row of probabilities sums to 1."""
    counts = counted(rng.randint(0, 6, (60,)), 6)
    want = torch.stack([((row + smoothing) / (row.sum() + 6 * smoothing)).log() for row in counts])
    assert_close(student.bigram_log_probs(counts, smoothing), want, **CLOSE, name="log-probabilities")


@pytest.mark.level("plain")
@pytest.mark.parametrize("length", [2, 3, 250])
def test_perplexity(student, rng, length):
    """The perplexity is exp of the mean negative log-probability of the pairs, one less than there are characters."""
    ids = rng.randint(0, 8, (length,))
    log_probs = rng.randn(8, 8, dtype=torch.float64).log_softmax(1)
    total = sum(float(log_probs[a, b]) for a, b in zip(ids.tolist(), ids.tolist()[1:], strict=False))
    want = math.exp(-total / (length - 1))
    got = float(student.bigram_perplexity(log_probs, ids))
    assert abs(got - want) < 1e-9 * want, f"the perplexity of {length} characters is off"


@pytest.mark.level("options")
@pytest.mark.weight(11)
def test_default_smoothing(student, rng):
    """The smoothing is 0.1 unless another is given."""
    counts = counted(rng.randint(0, 4, (30,)), 4)
    want = ((counts + 0.1) / (counts.sum(1, keepdim=True) + 0.4)).log()
    assert_close(student.bigram_log_probs(counts), want, **CLOSE, name="log-probabilities")


@pytest.mark.level("options")
@pytest.mark.weight(6)
def test_characters_never_seen(student, rng):
    """A character that never came has no successors: its row is uniform; the table has the size asked for."""
    ids = rng.randint(1, 4, (50,))  # neither the first nor the last characters of the vocabulary occur
    counts = student.bigram_counts(ids, 7)
    assert_close(counts, counted(ids, 7), **CLOSE, name="counts")
    log_probs = student.bigram_log_probs(counted(ids, 7), 0.3)
    for row in (0, 6):
        assert_close(
            log_probs[row], torch.full((7,), -math.log(7), dtype=torch.float64), **CLOSE, name="an empty row"
        )


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_long_text(student, rng):
    """The perplexity of 3,000 characters is a number like another: their probability alone float64 cannot hold."""
    ids = rng.randint(0, 20, (3000,))
    log_probs = rng.randn(20, 20, dtype=torch.float64).log_softmax(1)
    want = math.exp(-float(log_probs[ids[:-1], ids[1:]].mean()))
    got = float(student.bigram_perplexity(log_probs, ids))
    assert abs(got - want) < 1e-9 * want, (
        f"the perplexity of 3,000 characters is {got:.4g} instead of {want:.4g}"
    )


@pytest.mark.level("options")
def test_last_pair(student):
    """The first pair and the last one count like every other."""
    ids = torch.tensor([3, 0, 0, 0, 0, 2])
    counts = student.bigram_counts(ids, 4)
    assert float(counts[3, 0]) == 1, "the first pair is not counted"
    assert float(counts[0, 2]) == 1, "the last pair is not counted"
    assert float(counts.sum()) == 5, "six characters have five pairs"


@pytest.mark.level("options")
@pytest.mark.weight(6)
def test_views(student, rng):
    """A text that is every second number of another, or reversed in memory, is counted like any other."""
    ids = rng.randint(0, 5, (80,))[::2]
    assert_close(student.bigram_counts(ids, 5), counted(ids, 5), **CLOSE, name="counts")
    log_probs = rng.randn(5, 5, dtype=torch.float64).T.log_softmax(1)
    want = math.exp(-float(log_probs[ids[:-1], ids[1:]].mean()))
    assert abs(float(student.bigram_perplexity(log_probs, ids)) - want) < 1e-9, "the perplexity is off"


@pytest.mark.level("invariants")
def test_own_counts_are_best(student, rng):
    """No table of probabilities gives a text a smaller perplexity than its own counts, almost unsmoothed."""
    ids = rng.randint(0, 5, (400,))
    ids[1::3] = ids[0:-1:3]  # some structure
    own = float(student.bigram_perplexity(student.bigram_log_probs(student.bigram_counts(ids, 5), 1e-9), ids))
    counts = counted(ids, 5)
    for _ in range(5):
        other = (counts * rng.uniform(0.6, 1.6, 5, 5, dtype=torch.float64) + 1e-9).log()
        other = other - other.logsumexp(1, keepdim=True)
        assert own < float(student.bigram_perplexity(other, ids)), "another table explains the text better"
