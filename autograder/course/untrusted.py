"""Text that students or their code wrote, as it may be shown to a person."""

from __future__ import annotations


def clean(text: str, limit: int) -> str:
    """Printable text of at most `limit` characters: no control characters but line breaks, cut with a sign."""
    printable = "".join(
        c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text[: limit + 1]
    )
    return printable if len(text) <= limit else printable[: limit - 4] + " ..."
