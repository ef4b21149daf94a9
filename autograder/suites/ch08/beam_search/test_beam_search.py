"""Hidden suite of `beam_search`. Oracles: exhaustive search over all sentences, greedy, and a beam that is written here
sentence by sentence, without tensors. The languages remember the last two tokens, so a state of the wrong parent is
seen.
"""

import itertools
import math

import pytest
import torch

pytestmark = [
    pytest.mark.exercise("beam_search"),
    pytest.mark.shares(runs=6, plain=44, options=30, invariants=20),
]


class Language:
    """Log-probabilities that depend on the last token and, by the state, on the one before."""

    def __init__(self, rng, vocab_size, end_bias=0.0, end=0, scale=2.0):
        logits = scale * rng.randn(vocab_size, vocab_size, vocab_size)
        logits[:, :, end] += end_bias
        self.table, self.calls = logits.log_softmax(2), 0

    def __call__(self, tokens, state):
        self.calls += 1
        return self.table[state[:, 0].long(), tokens], torch.stack(
            [tokens.to(state.dtype), state[:, 1] + 1], 1
        )

    def next(self, words, start):
        """Log-probabilities after some words, in plain numbers."""
        told = [0, start, *words][-2:]
        return self.table[told[0], told[1]].tolist()


NEW = torch.zeros(1, 2)
CLEAR = 1e-4
"""Sums that decide who stays, and in which order, differ by more in every language: rounding alone decides nothing."""


def clear(make, search):
    """A language, made anew until no two sums that the search compares are near each other; what the search finds."""
    while True:
        language = make()
        found, gap = search(language)
        if gap > CLEAR:
            return language, found


def gaps(falling):
    """The smallest difference between neighbours."""
    return min((a - b for a, b in itertools.pairwise(falling)), default=math.inf)


def exhaustive(language, vocab_size, start, end, limit, alpha):
    """All sentences with their scores, the best first; the smallest difference of two scores."""
    found = []
    for length in range(1, limit + 1):
        for words in itertools.product(range(vocab_size), repeat=length):
            if end in words[:-1] or (words[-1] != end and length < limit):
                continue
            total = sum(language.next(words[:m], start)[words[m]] for m in range(length))
            found.append((list(words[:-1] if words[-1] == end else words), total / length**alpha))
    found.sort(key=lambda pair: -pair[1])
    return found, gaps([score for _, score in found])


def beam(language, start, end, width, limit, alpha):
    """The search of the card in plain Python; the smallest difference between what stays and what goes."""
    live, found, gap = [([], 0.0)], [], math.inf
    for length in range(1, limit + 1):
        extensions = [
            (total + p, [*words, v])
            for words, total in live
            for v, p in enumerate(language.next(words, start))
        ]
        extensions.sort(key=lambda pair: -pair[0])
        gap = min(gap, gaps([total for total, _ in extensions[width - 1 : width + 1]]))
        live = []
        for total, words in extensions[:width]:
            if words[-1] == end:
                found.append((words[:-1], total / length**alpha))
            elif length == limit:
                found.append((words, total / length**alpha))
            else:
                live.append((words, total))
        if not live:
            break
    found.sort(key=lambda pair: -pair[1])
    return found[:width], min(gap, gaps([score for _, score in found[: width + 1]]))


def same(found, want):
    """Sentences in order, with their scores."""
    assert isinstance(found, list | tuple), "beam_search returns a list"
    assert len(found) == len(want), f"there are {len(found)} sentences instead of {len(want)}"
    for pair, (words, score) in zip(found, want, strict=True):
        assert isinstance(pair, tuple | list) and len(pair) == 2, "each entry is (tokens, score)"
        assert list(pair[0]) == words, "a sentence is missing or out of place"
        assert abs(float(pair[1]) - score) <= 1e-4 * (1 + abs(score)), "a sentence has another score"


def agrees(student, rng, vocab_size, width, limit, alpha, start=0, end=0, end_bias=0.0, scale=2.0):
    language, want = clear(
        lambda: Language(rng, vocab_size, end_bias, end, scale),
        lambda language: beam(language, start, end, width, limit, alpha),
    )
    same(student.beam_search(language, NEW, start, end, width, limit, alpha), want)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_runs(student, rng):
    """beam_search runs and returns pairs of a list of ints and a number."""
    found = student.beam_search(Language(rng, 4), NEW, 0, 0, 3, 4)
    assert isinstance(found, list | tuple) and found, "beam_search returns a list with something in it"
    for pair in found:
        assert isinstance(pair, tuple | list) and len(pair) == 2, "each entry is (tokens, score)"
        assert all(type(token) is int for token in pair[0]), "tokens are ints"
        assert math.isfinite(float(pair[1])), "scores are finite numbers"


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize("limit", [3, 6])
def test_width_one_is_greedy(student, rng, limit):
    """A beam of one finds what greedy finds."""
    for _ in range(4):
        language, words, total = Language(rng, 5), [], 0.0
        for length in range(1, limit + 1):  # noqa: B007
            log_probs = language.next(words, 0)
            token = max(range(5), key=log_probs.__getitem__)
            total += log_probs[token]
            if token == 0:
                break
            words.append(token)
        found = student.beam_search(language, NEW, 0, 0, 1, limit, 1.0)
        assert len(found) == 1 and list(found[0][0]) == words, "a beam of one does not find greedy's sentence"
        assert abs(float(found[0][1]) - total / length) < 1e-4, "greedy's sentence has another score"


@pytest.mark.level("plain")
@pytest.mark.weight(4)
@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_exhaustive(student, rng, alpha):
    """With room for all sentences, the list is that of an exhaustive search."""
    for _ in range(2):
        language, want = clear(lambda: Language(rng, 3), lambda one: exhaustive(one, 3, 0, 0, 4, alpha))
        same(student.beam_search(language, NEW, 0, 0, 200, 4, alpha), want)


@pytest.mark.level("plain")
@pytest.mark.weight(5)
@pytest.mark.parametrize(("vocab_size", "width", "limit"), [(5, 2, 5), (6, 3, 4), (4, 4, 7)])
def test_beam(student, rng, vocab_size, width, limit):
    """Sentences and scores are those of a beam followed sentence by sentence, without division by the length."""
    for _ in range(2):
        agrees(student, rng, vocab_size, width, limit, 0.0)


@pytest.mark.level("options")
@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
@pytest.mark.weight(4)
def test_lengths(student, rng, alpha):
    """Each sentence is divided by its own length to the power alpha, END counted."""
    for _ in range(3):
        agrees(student, rng, 5, 3, 6, alpha, end_bias=1.0)


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_default_alpha(student, rng):
    """The mean is the default."""
    language, want = clear(lambda: Language(rng, 5, 1.0), lambda one: beam(one, 0, 0, 3, 5, 1.0))
    same(student.beam_search(language, NEW, 0, 0, 3, 5), want)


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_longer_may_overtake(student):
    """The search goes on when enough sentences are finished: a longer one may have the better mean."""

    def step(tokens, state):
        rows = {0: [0.55, 0.45, 0.0], 1: [0.02, 0.0, 0.98], 2: [0.02, 0.0, 0.98]}
        return torch.tensor([rows[t] for t in tokens.tolist()]).clamp(min=1e-9).log(), state

    found = student.beam_search(step, torch.zeros(1, 1), 0, 0, 2, 8, 1.0)
    assert list(found[0][0]) == [1, 2, 2, 2, 2, 2, 2, 2], (
        "the best sentence is a long one, finished after others"
    )


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_cut_at_the_limit(student, rng):
    """Where nothing ends, what is cut at the limit is returned, divided by its length like the others."""
    for _ in range(2):
        agrees(student, rng, 4, 3, 4, 1.0, end_bias=-6.0)
        agrees(student, rng, 4, 3, 3, 1.0, end_bias=0.5)


@pytest.mark.level("options")
@pytest.mark.parametrize(("start", "end"), [(3, 1), (0, 4), (2, 2)])
def test_start_and_end(student, rng, start, end):
    """Any token may be start or end, also the same one for both."""
    agrees(student, rng, 5, 3, 4, 1.0, start, end, 0.5)


@pytest.mark.level("options")
@pytest.mark.parametrize(("vocab_size", "width", "limit"), [(4, 3, 1), (2, 5, 3), (3, 9, 2)])
def test_edges(student, rng, vocab_size, width, limit):
    """One token at most, a tiny vocabulary, a width above all that exists."""
    agrees(student, rng, vocab_size, width, limit, 1.0)


@pytest.mark.level("invariants")
@pytest.mark.weight(4)
def test_states_follow_their_parents(student, rng):
    """Each beginning goes on with the state of its own parent, in languages where the state decides."""
    for _ in range(3):
        agrees(student, rng, 6, 4, 6, 0.0, end_bias=-1.0, scale=4.0)


@pytest.mark.level("invariants")
def test_equal_scores(student):
    """Where all sentences are equally likely, the ones that come are different, and have the right score."""

    def step(tokens, state):
        return torch.full((len(tokens), 4), 0.25).log(), state

    found = student.beam_search(step, torch.zeros(1, 1), 0, 0, 5, 3, 1.0)
    assert len(found) == 5, "five of the equally likely sentences are asked for"
    assert len({tuple(words) for words, _ in found}) == 5, "a sentence comes twice"
    assert all(abs(float(score) - math.log(0.25)) < 1e-4 for _, score in found), (
        "a sentence has another score"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_ends_early(student, rng):
    """When no beginning is left the step is not asked again."""
    table = torch.tensor([[0.0, 0.7, 0.3], [0.98, 0.01, 0.01], [0.98, 0.01, 0.01]]).clamp(min=1e-9).log()
    lengths = []

    def step(tokens, state):
        lengths.append(float(state.max()))
        return table[tokens], state + 1

    student.beam_search(step, torch.zeros(1, 1), 0, 0, 2, 9, 1.0)
    assert max(lengths) == 1.0, "the step is asked again after all have ended"


@pytest.mark.level("invariants")
def test_best_first(student, rng):
    """The best comes first, there are at most `width`, and no score is above zero."""
    found = student.beam_search(Language(rng, 7, 0.5), NEW, 0, 0, 4, 5, 0.7)
    scores = [float(score) for _, score in found]
    assert scores == sorted(scores, reverse=True) and len(scores) <= 4, "the best first, at most `width`"
    assert max(scores) <= 0, "the logarithm of a probability is not above zero"


@pytest.mark.level("contract")
def test_scores_are_floats(student, rng):
    """Each score is a float."""
    found = student.beam_search(Language(rng, 5), NEW, 0, 0, 3, 4)
    assert all(isinstance(score, float) for _, score in found), "a score is a float, not a tensor"
