"""Sentence pairs to translate: numbers below a million in digits, and the same numbers in English words.

The pairs are made here from the rules of English, so they have no licence and no end, and each right answer is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

ONES = (
    *(
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    ),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
WORDS = (*ONES, *TENS, "hundred", "thousand", "and")
"""All words that occur: 31."""


def number_words(number: int) -> list[str]:
    """A number in English words, with the British "and": 2017 is two thousand and seventeen.

    Raises:
        ValueError: for a number below 0 or above 999,999.
    """
    if not 0 <= number < 1_000_000:
        raise ValueError(f"{number} is not between 0 and 999,999")
    thousands, rest = divmod(number, 1000)
    if thousands == 0:
        return _below_thousand(rest)
    words = [*_below_thousand(thousands), "thousand"]
    if rest == 0:
        return words
    return [*words, *(["and"] if rest < 100 else []), *_below_thousand(rest)]


def _below_thousand(number: int) -> list[str]:
    hundreds, rest = divmod(number, 100)
    small = [ONES[rest]] if rest < 20 else [TENS[rest // 10 - 2], *([ONES[rest % 10]] if rest % 10 else [])]
    if hundreds == 0:
        return small
    return [ONES[hundreds], "hundred", *(["and", *small] if rest else [])]


@dataclass(frozen=True)
class Pairs:
    """Sentences and their translations as numbers, filled up with `PADDING`.

    Attributes:
        sources: (N, S) int64, digits as 3 ... 12, then `END`.
        targets: (N, T) int64, `START`, then words as 3 ... 33, then `END`.
        numbers: what each row says.
    """

    sources: Tensor
    targets: Tensor
    numbers: list[int]


PADDING, START, END = 0, 1, 2
SOURCE_SIZE, TARGET_SIZE = 3 + 10, 3 + len(WORDS)
SOURCE_LENGTH, TARGET_LENGTH = 7, 13
"""Longest sentence of digits with its end, longest of words with start and end."""


def number_pairs(numbers: list[int]) -> Pairs:
    """The numbers in digits and in words."""
    sources = torch.full((len(numbers), SOURCE_LENGTH), PADDING)
    targets = torch.full((len(numbers), TARGET_LENGTH), PADDING)
    for row, number in enumerate(numbers):
        source = [3 + int(digit) for digit in str(number)] + [END]
        target = [START, *(3 + WORDS.index(word) for word in number_words(number)), END]
        sources[row, : len(source)] = torch.tensor(source)
        targets[row, : len(target)] = torch.tensor(target)
    return Pairs(sources, targets, list(numbers))


def load_numbers(count: int = 8000, held_out: int = 500, seed: int = 0) -> tuple[Pairs, Pairs]:
    """Pairs to learn from and pairs to judge by: different numbers, drawn once and for all for a seed.

    Half of the numbers are drawn evenly below a million, half evenly in their number of digits, so that some are short.

    Raises:
        ValueError: if fewer than 1 or more than 100,000 are asked for.
    """
    if not 1 <= count + held_out <= 100_000 or count < 0 or held_out < 0:
        raise ValueError(f"{count} pairs and {held_out} held out: together between 1 and 100,000")
    generator = torch.Generator().manual_seed(seed)
    found: dict[int, None] = {}
    while len(found) < count + held_out:
        short = bool(torch.rand((), generator=generator) < 0.5)
        digits = int(torch.randint(1, 7, (), generator=generator)) if short else 6
        found[int(torch.randint(0, 10**digits, (), generator=generator))] = None
    numbers = list(found)
    order = torch.randperm(len(numbers), generator=generator).tolist()
    shuffled = [numbers[i] for i in order]
    return number_pairs(shuffled[:count]), number_pairs(shuffled[count:])
