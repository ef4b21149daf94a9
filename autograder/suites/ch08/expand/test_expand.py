"""Hidden suite of `expand`; the oracle sorts all sums in plain Python."""

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [pytest.mark.exercise("expand"), pytest.mark.shares(runs=7, plain=57, options=24, invariants=12)]

CLOSE = {"rtol": 1e-5, "atol": 1e-6}


def best(scores, log_probs, width):
    """(sum, parent, token) of the best, the best first."""
    found = [
        (s + p, n, v)
        for n, (s, row) in enumerate(zip(scores.tolist(), log_probs.tolist(), strict=True))
        for v, p in enumerate(row)
    ]
    return sorted(found, reverse=True)[:width]


def agrees(student, scores, log_probs, width):
    parents, tokens, sums = student.expand(scores, log_probs, width)
    want = best(scores, log_probs, width)
    assert_close(sums, torch.tensor([w[0] for w in want], dtype=scores.dtype), **CLOSE, name="scores")
    assert_close(parents.long(), torch.tensor([w[1] for w in want]), name="parents")
    assert_close(tokens.long(), torch.tensor([w[2] for w in want]), name="tokens")


@pytest.mark.level("runs")
def test_shapes(student, rng):
    """expand runs and returns parents, tokens and scores, (K,) each."""
    found = student.expand(rng.randn(3), rng.randn(3, 5).log_softmax(1), 4)
    assert isinstance(found, tuple | list) and len(found) == 3, "expand returns (parents, tokens, scores)"
    assert all(tuple(t.shape) == (4,) for t in found), "parents, tokens and scores have shape (K,)"


@pytest.mark.level("plain")
@pytest.mark.parametrize(("beginnings", "vocab_size", "width"), [(3, 5, 3), (2, 7, 4), (4, 3, 4)])
@pytest.mark.weight(3)
def test_best_of_all(student, rng, beginnings, vocab_size, width):
    """Parents, tokens and sums are those of the best extensions of all beginnings, the best first."""
    agrees(student, -3 * rng.rand(beginnings), rng.randn(beginnings, vocab_size).log_softmax(1), width)


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_scores_are_sums(student, rng):
    """The new scores are the sums of the old ones and the log-probabilities."""
    scores, log_probs = -5 * rng.rand(3), rng.randn(3, 4).log_softmax(1)
    parents, tokens, sums = student.expand(scores, log_probs, 5)
    assert_close(
        sums, scores[parents.long()] + log_probs[parents.long(), tokens.long()], **CLOSE, name="scores"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_all_from_one(student):
    """A far better beginning has all children in the beam, and a bad one none."""
    log_probs = torch.tensor([[0.2, 0.5, 0.3], [0.98, 0.01, 0.01]]).log()
    parents, tokens, _ = student.expand(torch.tensor([-1.0, -20.0]), log_probs, 3)
    assert_close(parents.long(), torch.zeros(3, dtype=torch.int64), name="parents")
    assert_close(tokens.long(), torch.tensor([1, 2, 0]), name="tokens")


@pytest.mark.level("options")
@pytest.mark.parametrize("width", [1, 2, 6, 11])
def test_other_widths(student, rng, width):
    """The width may be smaller or larger than the number of beginnings."""
    agrees(student, -2 * rng.rand(3), rng.randn(3, 4).log_softmax(1), width)


@pytest.mark.level("options")
@pytest.mark.weight(5)
@pytest.mark.parametrize(
    ("beginnings", "vocab_size", "width"), [(1, 4, 9), (2, 3, 6), (2, 3, 50), (1, 1, 1), (3, 1, 2)]
)
def test_few_extensions(student, rng, beginnings, vocab_size, width):
    """Where there are no more extensions than the width, all are returned; one beginning, one token."""
    agrees(student, -2 * rng.rand(beginnings), rng.randn(beginnings, vocab_size), width)


@pytest.mark.level("options")
def test_views(student, rng):
    """Transposed and sliced arguments."""
    agrees(student, -rng.rand(6)[::2], rng.randn(5, 3).log_softmax(0).T, 4)


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_masked_words(student, rng):
    """Words of log-probability -inf come last, and are returned where the width has room for them."""
    log_probs = rng.randn(2, 4)
    log_probs[0, 1] = log_probs[1, 2] = log_probs[1, 3] = -torch.inf
    scores = -2 * rng.rand(2)
    parents, tokens, sums = student.expand(scores, log_probs, 8)
    assert len(parents) == len(tokens) == len(sums) == 8, "all extensions are returned where they fit"
    want = best(scores, log_probs, 5)
    assert_close(sums[:5], torch.tensor([w[0] for w in want]), **CLOSE, name="scores")
    assert bool((sums[5:] == -torch.inf).all()), "masked words come last"


@pytest.mark.level("options")
def test_very_unlikely(student, rng):
    """Sums of a thousand below zero are ordered like others."""
    agrees(student, -1000 * rng.rand(3), rng.randn(3, 4).log_softmax(1), 3)


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_equal_scores(student):
    """Where scores are equal, no extension comes twice."""
    parents, tokens, sums = student.expand(torch.zeros(3), torch.full((3, 4), -1.5), 7)
    assert len(set(zip(parents.tolist(), tokens.tolist(), strict=True))) == 7, "an extension comes twice"
    assert_close(sums, torch.full((7,), -1.5), **CLOSE, name="scores")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_shift(student, rng):
    """The same number added to all scores changes neither parents nor tokens."""
    scores, log_probs = -3 * rng.rand(4), rng.randn(4, 5).log_softmax(1)
    first, second = student.expand(scores, log_probs, 6), student.expand(scores - 7, log_probs, 6)
    assert_close(second[0], first[0], name="parents")
    assert_close(second[1], first[1], name="tokens")
    assert_close(second[2], first[2] - 7, rtol=1e-4, atol=1e-4, name="scores")


@pytest.mark.level("contract")
def test_dtypes(student, rng):
    """Parents and tokens are int64, scores have the dtype of the scores."""
    parents, tokens, sums = student.expand(
        rng.randn(2, dtype=torch.float64), rng.randn(2, 3, dtype=torch.float64), 3
    )
    assert parents.dtype == torch.int64 and tokens.dtype == torch.int64, "parents and tokens are int64"
    assert sums.dtype == torch.float64, "scores keep their dtype"
