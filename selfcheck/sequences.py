"""Sequences to learn from: the text of Python's own manual, and a value a year since 1700.

Sources: the pages of `help()` in the standard library, which differ between Python versions; the yearly mean of the
international sunspot number, from SIDC at the Royal Observatory of Belgium by way of NOAA, public domain.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from selfcheck.data import DownloadError

SPLIT = (0.8, 0.9)
"""Where the training text ends and where the validation text ends, as shares of the whole."""


@dataclass(frozen=True)
class Text:
    """One text, cut in the order of reading into three parts."""

    train: str
    validation: str
    test: str


def load_text(source: str | Path = "manual") -> Text:
    """A text for character models: 80% to train on, 10% to choose by, 10% to test on.

    Args:
        source: "manual" is bundled with Python (about 465,000 characters); otherwise the path of a text file in UTF-8,
            or an address that begins with http, such as that of the tiny Shakespeare corpus.

    Raises:
        DownloadError: the address cannot be reached. FileNotFoundError: there is no such file. ValueError: the text is
            shorter than 1,000 characters.
    """
    text = _manual() if source == "manual" else _read(source)
    if len(text) < 1000:
        raise ValueError(f"{source} has {len(text)} characters; a character model needs 1,000 at least")
    first, second = (int(share * len(text)) for share in SPLIT)
    return Text(text[:first], text[first:second], text[second:])


def _manual() -> str:
    from pydoc_data.topics import topics

    return "\n".join(topics[name] for name in sorted(topics))


def _read(source: str | Path) -> str:
    if not str(source).startswith("http"):
        return Path(source).read_text(encoding="utf-8")
    try:
        with urllib.request.urlopen(str(source), timeout=60) as response:
            return str(response.read().decode("utf-8"))
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        raise DownloadError(
            f"{source} could not be downloaded ({reason}); the bundled text is 'manual'"
        ) from None


def load_sunspots() -> tuple[Tensor, Tensor]:
    """Years and the mean number of sunspots of each: int64 (309,), 1700 to 2008, and float32 (309,)."""
    path = Path(__file__).parent / "datasets" / "sunspots.csv"
    rows = [
        line.split(",") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    ]
    return torch.tensor([int(year) for year, _ in rows]), torch.tensor([float(spots) for _, spots in rows])
