"""Numbers in digits and in words."""

from __future__ import annotations

import pytest
import torch

from selfcheck.translation import (
    END,
    PADDING,
    SOURCE_SIZE,
    START,
    TARGET_SIZE,
    WORDS,
    load_numbers,
    number_pairs,
    number_words,
)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (11, "eleven"),
        (40, "forty"),
        (99, "ninety nine"),
        (100, "one hundred"),
        (117, "one hundred and seventeen"),
        (1000, "one thousand"),
        (2017, "two thousand and seventeen"),
        (30_200, "thirty thousand two hundred"),
        (100_001, "one hundred thousand and one"),
        (999_999, "nine hundred and ninety nine thousand nine hundred and ninety nine"),
    ],
)
def test_a_number_in_english(number, words):
    assert number_words(number) == words.split()


@pytest.mark.parametrize("number", [-1, 1_000_000])
def test_a_number_out_of_range_is_refused(number):
    with pytest.raises(ValueError, match="between 0 and 999,999"):
        number_words(number)


def test_pairs_say_the_same_number_on_both_sides():
    pairs = number_pairs([7, 120_045])
    assert pairs.numbers == [7, 120_045]
    assert pairs.sources[0].tolist() == [10, END, *[PADDING] * 5]
    assert pairs.sources[1].tolist() == [4, 5, 3, 3, 7, 8, END]
    said = [WORDS[token - 3] for token in pairs.targets[1].tolist() if token > END]
    assert said == number_words(120_045)
    assert pairs.targets[:, 0].tolist() == [START, START] and (pairs.targets == END).sum(1).tolist() == [1, 1]


def test_all_words_occur_and_all_tokens_are_in_range():
    learn, judge = load_numbers(3000, 100)
    assert set(learn.targets.unique().tolist()) == set(range(TARGET_SIZE))
    assert learn.sources.min() >= 0 and learn.sources.max() == SOURCE_SIZE - 1
    assert len(learn.numbers) == 3000 and len(judge.numbers) == 100


def test_what_is_judged_was_not_learned_and_a_seed_gives_the_same_numbers():
    learn, judge = load_numbers(500, 200, seed=3)
    assert len({*learn.numbers, *judge.numbers}) == 700
    again, _ = load_numbers(500, 200, seed=3)
    other, _ = load_numbers(500, 200, seed=4)
    assert torch.equal(learn.sources, again.sources) and learn.numbers != other.numbers


@pytest.mark.parametrize(("count", "held_out"), [(0, 0), (-1, 5), (100_000, 1)])
def test_a_count_that_cannot_be_is_refused(count, held_out):
    with pytest.raises(ValueError, match="100,000"):
        load_numbers(count, held_out)
