"""Hidden suite of `sample`. The models are functions of the tests, so that every probability is known.

Counts are compared with their binomial distribution at 6.5 standard deviations (2 sided: 1e-10 each, fewer than 100).
"""

import math

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [pytest.mark.exercise("sample"), pytest.mark.shares(runs=4, plain=58, options=31, invariants=7)]

SIGMAS = 6.5


class Chain:
    """A model whose scores depend on the last character, and on how many characters its state has seen."""

    def __init__(self, table, by_count=0.0):
        self.table, self.by_count = table, by_count
        self.calls, self.states = [], []

    def __call__(self, ids, state=None):
        self.calls.append(ids.clone())
        self.states.append(None if state is None else state.clone())
        seen = torch.zeros(1, 1) if state is None else state
        positions = seen + torch.arange(1, ids.shape[1] + 1)
        shift = torch.zeros(1, ids.shape[1], self.table.shape[1])
        shift[..., 0] = self.by_count * positions
        return self.table[ids] + shift, seen + ids.shape[1]


class Pairs:
    """A model whose scores depend on the last two characters: the last but one lives in its state."""

    def __init__(self, table):
        self.table = table  # (V + 1, V, V): what stands before the first character is V

    def __call__(self, ids, state=None):
        before = torch.full((1, 1), len(self.table) - 1.0) if state is None else state
        before = torch.cat([before.long(), ids[:, :-1]], dim=1)
        return self.table[before, ids], ids[:, -1:].float()


class Alternating:
    """A model that gives one row of scores after an even number of characters and another after an odd number."""

    def __init__(self, even, odd):
        self.rows = torch.stack([even, odd])

    def __call__(self, ids, state=None):
        seen = torch.zeros(1, 1) if state is None else state
        positions = seen + torch.arange(1, ids.shape[1] + 1)
        return self.rows[positions.long() % 2], seen + ids.shape[1]


def looks_like(count, trials, probability):
    """Whether so many successes of so many trials fit the probability."""
    return (
        abs(count - trials * probability) <= SIGMAS * math.sqrt(trials * probability * (1 - probability)) + 1
    )


def frequencies_fit(student, rng, temperature, size):
    """Compare how often each character comes with softmax(scores / temperature), for scores of a size."""
    even, odd, n = size * torch.tensor([0.3, -0.8, 2.0, 0.0]), size * torch.tensor([1.5, 0.2, -1.4, 0.6]), 600
    ids = student.sample(Alternating(even, odd), torch.tensor([2]), n, temperature, rng.generator())[-n:]
    for rows, scores in ((ids[1::2], even), (ids[::2], odd)):
        for character, probability in enumerate((scores / temperature).softmax(0).tolist()):
            found = int((rows == character).sum())
            assert looks_like(found, n // 2, probability), (
                f"a character comes {found} times in {n // 2}, which does not fit its probability"
            )


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """sample runs and returns characters, a tensor of one axis."""
    ids = student.sample(Chain(rng.randn(5, 5)), torch.tensor([3, 1]), 4, 1.0, rng.generator())
    assert isinstance(ids, torch.Tensor), "sample must return a tensor"
    assert ids.dim() == 1, f"the text has one axis, not {ids.dim()}"


@pytest.mark.level("plain")
@pytest.mark.weight(5)
def test_prompt_first(student, rng):
    """What is returned begins with the prompt and is longer than it by as many characters as were asked for."""
    prompt = rng.randint(0, 5, (4,))
    ids = student.sample(Chain(rng.randn(5, 5)), prompt, 3, 1.0, rng.generator())
    assert ids.shape == (7,), f"four characters and three more come back with shape {tuple(ids.shape)}"
    assert_close(ids[:4], prompt, name="the beginning of what is returned")


@pytest.mark.level("plain")
def test_greedy(student):
    """At temperature 0 the likeliest character follows each time."""
    table = torch.tensor([[0.0, 3.0, 1.0], [-1.0, -2.0, 0.5], [4.0, 3.9, 0.0]])  # 0 -> 1 -> 2 -> 0
    ids = student.sample(Chain(table), torch.tensor([0, 2]), 7, 0, torch.Generator().manual_seed(0))
    assert_close(ids[-7:], torch.tensor([0, 1, 2, 0, 1, 2, 0]), name="characters")


@pytest.mark.level("plain")
@pytest.mark.weight(5)
def test_greedy_with_memory(student, rng):
    """Where the last two characters decide, the one before is remembered by the state, from the prompt on."""
    table = rng.randn(7, 6, 6)
    prompt = [4, 0, 5]
    want = list(prompt)
    for _ in range(10):
        want.append(int(table[want[-2], want[-1]].argmax()))
    ids = student.sample(Pairs(table), torch.tensor(prompt), 10, 0, torch.Generator())
    assert_close(ids[-10:], torch.tensor(want[3:]), name="characters")


@pytest.mark.level("plain")
@pytest.mark.weight(8)
@pytest.mark.parametrize("temperature", [1.0, 0.5, 2.0])
def test_frequencies(student, rng, temperature):
    """Characters come with the probabilities softmax(scores / temperature)."""
    frequencies_fit(student, rng, temperature, 1.0)


@pytest.mark.level("options")
@pytest.mark.weight(11)
def test_close_scores(student, rng):
    """However low a temperature above 0 is, characters are drawn where their scores are as close as it is low."""
    frequencies_fit(student, rng, 0.005, 0.005)


@pytest.mark.level("options")
@pytest.mark.weight(12)
def test_no_draw_at_zero(student, rng):
    """At temperature 0 no draw is made: the generator goes on as if the call had not been."""
    seed, model = rng.seed(), Chain(torch.zeros(9, 9))
    used, fresh = (torch.Generator().manual_seed(seed) for _ in range(2))
    student.sample(model, torch.tensor([0]), 4, 0, used)
    after, want = (student.sample(model, torch.tensor([0]), 30, 1.0, g) for g in (used, fresh))
    assert torch.equal(after, want), "a text drawn after one at temperature 0 is another than without it"


@pytest.mark.level("plain")
@pytest.mark.weight(6)
def test_state_is_carried(student, rng):
    """The state of each call goes into the next one, from the prompt on; the first call has none."""
    model = Chain(rng.randn(6, 6))
    prompt = rng.randint(0, 6, (4,))
    ids = student.sample(model, prompt, 5, 1.0, rng.generator())
    assert model.states[0] is None, "the model is given a state before it has seen anything"
    seen = torch.cat([call[0] for call in model.calls])
    assert_close(seen, ids[: len(seen)], name="the characters that the model was shown")
    assert len(seen) >= 8, "the model has not seen the prompt and every new character but the last"
    before = 0
    for call, state in zip(model.calls, model.states, strict=True):
        assert (0.0 if state is None else float(state)) == before, "the state is not that of the call before"
        before += call.shape[1]


@pytest.mark.level("options")
@pytest.mark.weight(6)
def test_state_decides(student):
    """Where the likeliest character depends on how many have been read, the whole past counts, the prompt too."""
    table = torch.zeros(3, 3)
    table[:, 1] = 10.5  # character 0 gains 1 with each character read: it wins from the eleventh on
    ids = student.sample(Chain(table, by_count=1.0), torch.tensor([2, 2, 2, 2, 2]), 9, 0, torch.Generator())
    assert_close(ids[-9:], torch.tensor([1, 1, 1, 1, 1, 1, 0, 0, 0]), name="characters")


@pytest.mark.level("options")
@pytest.mark.parametrize("length", [0, 1])
def test_lengths(student, rng, length):
    """Nothing more, or one character more; a prompt of one character."""
    ids = student.sample(Chain(rng.randn(4, 4)), torch.tensor([3]), length, 1.0, rng.generator())
    assert ids.shape == (1 + length,) and int(ids[0]) == 3, "the prompt stands first"


@pytest.mark.level("options")
@pytest.mark.weight(14)
@pytest.mark.parametrize(("temperature", "spread"), [(1e-2, 1.0), (1e-3, 0.5), (1e-2, 80.0)])
def test_cold(student, rng, temperature, spread):
    """At a very low temperature the likeliest character follows, with no NaN, however large the scores."""
    # The two best scores of a row differ by the spread, at least 100 temperatures: the second has exp(-100).
    table = torch.stack([torch.stack([spread * rng.perm(5).float() for _ in range(5)]) for _ in range(6)])
    want = [3, 0]
    for _ in range(25):
        want.append(int(table[want[-2], want[-1]].argmax()))
    ids = student.sample(Pairs(table), torch.tensor([3, 0]), 25, temperature, rng.generator())
    assert_close(ids[-25:], torch.tensor(want[2:]), name="characters")


@pytest.mark.level("options")
@pytest.mark.weight(10)
def test_hot(student, rng):
    """At a very high temperature all characters are equally likely."""
    n, scores = 300, torch.tensor([5.0, 0.0, -3.0, 1.0])
    ids = student.sample(Chain(scores.expand(4, 4)), torch.tensor([0]), n, 1e4, rng.generator())[-n:]
    for character in range(4):
        assert looks_like(int((ids == character).sum()), n, 0.25), (
            "some character comes too often or too seldom"
        )


@pytest.mark.level("invariants")
def test_temperature_does_not_add_up(student, rng):
    """The temperature is the same for the first character and for the hundredth."""
    scores = torch.tensor([3.2, 0.0, -0.5])
    table = scores.expand(3, 3).contiguous()
    kept, n = table.clone(), 400
    ids = student.sample(Chain(table), torch.tensor([0]), n, 1.6, rng.generator())[-n:]
    first = float((scores / 1.6).softmax(0)[0])
    for half in (ids[: n // 2], ids[n // 2 :]):
        assert looks_like(int((half == 0).sum()), n // 2, first), "the temperature changes on the way"
    assert_close(table, kept, rtol=0, atol=0, name="the model's scores")


@pytest.mark.level("invariants")
@pytest.mark.weight(11)
def test_generator(student, rng):
    """The generator draws everything: one seed gives the same text, and the next call another one."""
    seed, model = rng.seed(), Chain(torch.zeros(9, 9))
    first, second = (torch.Generator().manual_seed(seed) for _ in range(2))
    a, b, c = (student.sample(model, torch.tensor([0]), 30, 1.0, g) for g in (first, second, first))
    assert_close(a, b, name="texts from the same seed")
    assert not torch.equal(a, c), "a second call with the same generator gave the same text"


@pytest.mark.level("invariants")
def test_shift_of_scores(student, rng):
    """Adding one number to all scores changes nothing."""
    n, table = 400, torch.tensor([0.9, 0.0, -0.4]).expand(3, 3) + 80.0
    ids = student.sample(Chain(table), torch.tensor([0]), n, 0.5, rng.generator())[-n:]
    for character, probability in enumerate((table[0] / 0.5).softmax(0).tolist()):
        assert looks_like(int((ids == character).sum()), n, probability), (
            "large scores are drawn from wrongly"
        )


@pytest.mark.level("contract")
def test_no_graph(student, rng):
    """No graph is recorded while the network writes."""
    model, recorded = student.char_rnn(7, 5), []
    model.register_forward_hook(lambda module, args, answer: recorded.append(answer[0].requires_grad))
    student.sample(model, torch.tensor([2, 3]), 5, 1.0, rng.generator())
    assert recorded and not any(recorded), "the network's scores hang on a graph"
