"""Hidden suite of `greedy`. The steps are functions of the tests, so that every sentence is known."""

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [pytest.mark.exercise("greedy"), pytest.mark.shares(runs=8, plain=46, options=28, invariants=18)]

END = 4


class Script:
    """A step that says a given sentence for each row, if the word before comes in; the state counts and knows the row.

    The word has the probability 0.4, so that drawn words are others.
    """

    def __init__(self, sentences, vocab_size=9):
        self.sentences, self.vocab_size, self.asked = sentences, vocab_size, []
        self.state = torch.tensor([[float(n), 0.0] for n in range(len(sentences))])

    def questions(self, row):
        """What was asked for one row, whether alone or in a batch: (token, state) of each question."""
        return [
            (tokens[place], state[place])
            for tokens, state in self.asked
            for place in range(len(state))
            if int(state[place, 0]) == row
        ]

    def __call__(self, tokens, state):
        self.asked.append((tokens.clone(), state.clone()))
        probabilities = torch.full((len(tokens), self.vocab_size), 0.6 / (self.vocab_size - 1))
        for place, (row, count) in enumerate(state.tolist()):
            sentence = [*self.sentences[int(row)], *[END] * 20]
            word, before = sentence[int(count)], sentence[int(count) - 1] if count else None
            if before is not None and int(tokens[place]) != before:
                word = (word + 1) % self.vocab_size
            probabilities[place, word] = 0.4
        return probabilities.log(), state + torch.tensor([0.0, 1.0])


class Chain:
    """A step whose log-probabilities depend on the last token and on all before it, by a number in the state."""

    def __init__(self, rng, vocab_size, rare=None):
        self.table = 2 * rng.randn(vocab_size, vocab_size)
        if rare is not None:
            self.table[:, rare] -= 6.0
        self.waves = 4 * rng.randn(vocab_size)

    def __call__(self, tokens, state):
        state = (0.7 * state + tokens[:, None] + 1) % 5.0
        return (self.table[tokens] + 3 * torch.sin(state * self.waves)).log_softmax(1), state


def one_by_one(step, state, start, end, limit):
    """The oracle: each sentence alone."""
    sentences = []
    for row in state:
        tokens, own, words = torch.tensor([start]), row[None], []
        while len(words) < limit:
            log_probs, own = step(tokens, own)
            tokens = log_probs.argmax(1)
            if int(tokens) == end:
                break
            words.append(int(tokens))
        sentences.append(words)
    return sentences


def as_lists(found):
    """Lists of ints, checked."""
    assert isinstance(found, list | tuple), "greedy returns a list of lists"
    for words in found:
        assert isinstance(words, list | tuple), "a sentence is a list of ints"
    return [[int(word) for word in words] for words in found]


@pytest.mark.level("runs")
@pytest.mark.gate
def test_runs(student, rng):
    """greedy runs and returns a list for each row."""
    found = as_lists(student.greedy(Script([[1, 2], [3]]), torch.zeros(2, 2), 0, END, 3))
    assert len(found) == 2, "there is one sentence for each row of the state"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_one_sentence(student):
    """A sentence ends at END, which is not written."""
    script = Script([[1, 5, 5, 2]])
    assert as_lists(student.greedy(script, script.state, 0, END, 10)) == [[1, 5, 5, 2]], (
        "the sentence is another one"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_limit(student):
    """What does not end is cut after `limit` tokens."""
    script = Script([[1, 2, 3, 5, 6, 7, 8, 1]])
    assert as_lists(student.greedy(script, script.state, 0, END, 5)) == [[1, 2, 3, 5, 6]], (
        "the sentence has not `limit` tokens"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(5)
@pytest.mark.parametrize("limit", [4, 9])
def test_memory(student, rng, limit):
    """The chosen token and the new state are handed on: words depend on everything before."""
    step, state = Chain(rng, 7, 6), rng.uniform(0.0, 4.0, 1, 1)
    assert as_lists(student.greedy(step, state, 0, 6, limit)) == one_by_one(step, state, 0, 6, limit), (
        "another sentence"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_batch(student):
    """Sentences of a batch end at different times."""
    said = [[1, 2, 3], [], [5], [6, 7, 8, 1, 2]]
    script = Script(said)
    assert as_lists(student.greedy(script, script.state, 0, END, 8)) == said, (
        "a sentence of the batch is another one"
    )


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_nothing_after_the_end(student):
    """What a row would say after its END is not written, whatever it is."""
    said = [[1, END, 7, 8, 2], [2, 3, 5, 6, 7]]
    script = Script(said)
    assert as_lists(student.greedy(script, script.state, 0, END, 5)) == [[1], [2, 3, 5, 6, 7]], (
        "something stands after an END"
    )


@pytest.mark.level("options")
def test_limit_of_one(student):
    """A limit of one token."""
    script = Script([[3], [], [5, 6]])
    assert as_lists(student.greedy(script, script.state, 0, END, 1)) == [[3], [], [5]], "one token at most"


@pytest.mark.level("options")
@pytest.mark.parametrize(("start", "end"), [(3, 0), (0, 0)])
def test_start_and_end(student, rng, start, end):
    """Any token may be start or end, also the same one for both."""
    step, state = Chain(rng, 5), rng.uniform(0.0, 4.0, 3, 1)
    assert as_lists(student.greedy(step, state, start, end, 6)) == one_by_one(step, state, start, end, 6), (
        "another sentence"
    )


@pytest.mark.level("options")
def test_all_negative(student):
    """Log-probabilities are negative, and may be very small."""

    def step(tokens, state):
        return torch.tensor([[-2000.0, -1500.0, -1700.0]]).repeat(len(tokens), 1), state

    assert as_lists(student.greedy(step, torch.zeros(2, 3), 2, 0, 3)) == [[1, 1, 1]] * 2, (
        "the largest log-probability wins"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_alone_and_together(student, rng):
    """A sentence is the same alone and in a batch."""
    step, state = Chain(rng, 6), rng.uniform(0.0, 4.0, 4, 1)
    together = as_lists(student.greedy(step, state, 1, 0, 7))
    assert together == one_by_one(step, state, 1, 0, 7), "a sentence changes in the company of others"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_not_asked_again(student):
    """After the last sentence has ended the step is not asked again, and never more than `limit` times."""
    for said in ([[1], [2, 3]], [[1, END, 7, 7, 7, 7, 7, 7, 7], [2, 3]]):
        script = Script(said)
        student.greedy(script, script.state, 0, END, 9)
        assert max(len(script.questions(row)) for row in (0, 1)) <= 3, (
            "the step is asked again after all have ended"
        )
    script = Script([[1, 2, 3, 5, 6, 7]])
    student.greedy(script, script.state, 0, END, 4)
    assert len(script.questions(0)) == 4, "the step is asked `limit` times where nothing ends"


@pytest.mark.level("invariants")
def test_first_question(student):
    """The first question is the start token for each row, as int64, with the states handed in."""
    script = Script([[1], [2]])
    student.greedy(script, script.state, 7, END, 2)
    for row in (0, 1):
        assert script.questions(row), "a row is not asked with the state handed in"
        token, state = script.questions(row)[0]
        assert_close(token, torch.tensor(7), name="first token")
        assert_close(state, script.state[row], name="first state")


@pytest.mark.level("contract")
def test_types(student):
    """Tokens are ints."""
    script = Script([[1, 5, 2], [3]])
    found = student.greedy(script, script.state, 0, END, 4)
    assert all(type(word) is int for words in found for word in words), "a sentence is a list of ints"
