"""What a notebook says of its own numbers, held to the numbers that it prints when it is run.

A chapter's claims stand beside its suite, in `claims.toml`: the words of the text, the line that a cell prints, and
between which numbers the printed one must lie so that the words are true.

    [[claim]]
    says = "under 3% of the variance is data"
    prints = "share of the data at t = 600:"
    least = 0.0
    most = 0.03
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CLAIMS = "claims.toml"
NOTICE = "**Notice**"
"""What begins a paragraph that says something of the figure above it."""
_NUMBER = r"[^\d\n-]*(-?\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?)"


class ClaimError(Exception):
    """A `claims.toml` that is not written as it must be; the message names the file and the claim."""


@dataclass(frozen=True)
class Claim:
    """One statement about a printed number.

    Attributes:
        says: words of the notebook's text, on one line.
        prints: how the line goes on whose next number is meant.
        least, most: the bounds within which the words are true.
    """

    says: str
    prints: str
    least: float
    most: float

    def wrong(self, printed: str) -> str:
        """What speaks against the claim in all that the notebook printed, or nothing."""
        found = [m[1] for m in re.finditer(re.escape(self.prints) + _NUMBER, printed)]
        if not found:
            return f"no cell prints {self.prints!r} and a number, of which the text says {self.says!r}"
        numbers = [float(number.replace(",", "")) for number in found]
        outside = [number for number in numbers if not self.least <= number <= self.most]
        if outside:
            return (
                f"the text says {self.says!r}, and {self.prints!r} is {outside[0]:g}, not between {self.least:g} and "
                f"{self.most:g}"
            )
        return ""


def read_claims(suite: Path) -> list[Claim]:
    """The claims of an assignment, none where it has no file of them.

    Raises:
        ClaimError: the file is not TOML, or a claim lacks a key, has another, or has bounds in the wrong order.
    """
    path = suite / CLAIMS
    if not path.is_file():
        return []
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ClaimError(f"{path}: {error}") from None
    claims = []
    for number, table in enumerate(tables.get("claim", []), 1):
        if set(table) != {"says", "prints", "least", "most"} or not table["least"] <= table["most"]:
            raise ClaimError(f"{path}: claim {number} needs says, prints, least and most, with least <= most")
        claims.append(Claim(table["says"], table["prints"], float(table["least"]), float(table["most"])))
    return claims


def unsaid(claims: Iterable[Claim], texts: Iterable[str]) -> list[str]:
    """The claims whose words stand in none of the notebook's markdown cells."""
    said = "\n".join(one_line(text) for text in texts)
    return [f"no text says {claim.says!r}" for claim in claims if one_line(claim.says) not in said]


def unheld(claims: Iterable[Claim], texts: Iterable[str]) -> list[str]:
    """The beginnings of the paragraphs under figures in which no claim's words stand."""
    says = [one_line(claim.says) for claim in claims]
    paragraphs = [
        one_line(paragraph)
        for text in texts
        for paragraph in re.split(r"\n\s*\n", text)
        if paragraph.lstrip().startswith(NOTICE)
    ]
    return [p[:70] for p in paragraphs if not any(words in p for words in says)]


def contradicted(claims: Iterable[Claim], cells: Iterable[dict[str, Any]]) -> list[str]:
    """What an executed notebook's printed numbers say against its text."""
    printed = "\n".join(_printed(cells))
    return [wrong for claim in claims if (wrong := claim.wrong(printed))]


def one_line(text: str) -> str:
    """The text with every space and line break as one space."""
    return " ".join(text.split())


def _printed(cells: Iterable[dict[str, Any]]) -> Iterator[str]:
    for cell in cells:
        for output in cell.get("outputs", []):
            if output.get("output_type") == "stream" and output.get("name") == "stdout":
                yield output["text"]
