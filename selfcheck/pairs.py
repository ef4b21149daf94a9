"""Pairs of texts to translate: dates written in seven ways with their ISO form, and strings to be reversed.

Both are made here, so that there is nothing to download and the truth is known. Texts become numbers by an alphabet
that keeps three numbers free: 0 for padding, 1 for the start, 2 for the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import torch
from torch import Tensor

PADDING, START, END = 0, 1, 2
"""The numbers that stand for no character."""
FIRST_DAY, DAYS = date(1950, 1, 1), 36_525
"""The dates: a hundred years, so that two digits tell the year."""
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _ordinal(number: int) -> str:
    ending = "th" if 10 < number < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def write_date(day: date, form: int) -> str:
    """The date as people write it, in one of seven forms.

    Args:
        day: the date. form: 0 ... 6.

    Raises:
        ValueError: for another form.
    """
    month = MONTHS[day.month - 1]
    match form:
        case 0:
            return f"{day.day} {month} {day.year}"
        case 1:
            return f"{month} {day.day}, {day.year}"
        case 2:
            return f"{WEEKDAYS[day.weekday()]} {day.day} {month[:3]} {day.year}"
        case 3:
            return f"{day.day:02}.{day.month:02}.{day.year}"
        case 4:
            return f"{day.month}/{day.day}/{day.year % 100:02}"
        case 5:
            return f"{_ordinal(day.day)} of {month} {day.year}"
        case 6:
            return f"{day.year}, {month} {day.day}"
    raise ValueError(f"there are the forms 0 to 6, not {form}")


@dataclass(frozen=True)
class Alphabet:
    """The characters of some texts and their numbers, which begin after padding, start and end."""

    characters: str

    @property
    def size(self) -> int:
        """How many numbers there are, the three for no character among them."""
        return len(self.characters) + 3

    def numbers(self, texts: Sequence[str], end: bool = False) -> Tensor:
        """Texts as numbers (N, longest) int64, padded with 0; with `end`, each is followed by the end.

        Raises:
            ValueError: a character is not in the alphabet.
        """
        place = {character: i + 3 for i, character in enumerate(self.characters)}
        unknown = sorted({c for text in texts for c in text} - set(place))
        if unknown:
            raise ValueError(f"the alphabet has no {unknown[0]!r}")
        rows = [[place[c] for c in text] + [END] * end for text in texts]
        longest = max((len(row) for row in rows), default=0)
        return torch.tensor([row + [PADDING] * (longest - len(row)) for row in rows], dtype=torch.int64)

    def text(self, numbers: Tensor) -> str:
        """The characters of one row up to its end; what stands for no character is left out."""
        found = ""
        for number in numbers.tolist():
            if number == END:
                break
            found += self.characters[number - 3] if number > END else ""
        return found


def make_dates(count: int, seed: int) -> tuple[list[str], list[str]]:
    """Different days, each in one of the seven forms, and the same days as year-month-day.

    Args:
        count: how many, at most 36,525. seed: which.

    Raises:
        ValueError: there are not so many days.
    """
    if not 0 < count <= DAYS:
        raise ValueError(f"there are {DAYS} days, not {count}")
    generator = torch.Generator().manual_seed(seed)
    days = [FIRST_DAY + timedelta(days=n) for n in torch.randperm(DAYS, generator=generator)[:count].tolist()]
    forms = torch.randint(0, 7, (count,), generator=generator).tolist()
    written = [write_date(day, form) for day, form in zip(days, forms, strict=True)]
    return written, [day.isoformat() for day in days]


def alphabet_of(*texts: Sequence[str]) -> Alphabet:
    """The alphabet of all characters that occur, in their order."""
    return Alphabet("".join(sorted({c for some in texts for text in some for c in text})))


def make_reversals(
    count: int, shortest: int, longest: int, letters: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Random strings and the same read backwards, as numbers.

    Args:
        count: N strings. shortest, longest: their lengths are drawn evenly between the two.
        letters: how many different ones there are, numbered from 3.

    Returns:
        source (N, longest) and target (N, longest + 1), int64, padded with 0; a target ends with 2.
    """
    lengths = torch.randint(shortest, longest + 1, (count, 1), generator=generator)
    drawn = torch.randint(3, letters + 3, (count, longest), generator=generator)
    place = torch.arange(longest + 1)
    source = torch.where(place[:-1] < lengths, drawn, PADDING)
    mirrored = source.gather(1, (lengths - 1 - place[:-1]).clamp(min=0))
    target = torch.cat(
        [torch.where(place[:-1] < lengths, mirrored, PADDING), torch.zeros(count, 1, dtype=torch.int64)], 1
    )
    target = torch.where(place == lengths, END, target)
    return source, target
