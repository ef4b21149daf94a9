"""Names that look alike and are different ones: an accent as part of its letter, or as a character of its own.

macOS writes file names in the second form, Linux and Windows mostly in the first, so that a student's archive and a
class list may hold one name in two forms.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def same_names(names: Iterable[str]) -> list[tuple[str, ...]]:
    """The names that are forms of one name, each group sorted; those of which there is one form are left out."""
    groups: dict[str, set[str]] = {}
    for name in names:
        groups.setdefault(composed(name), set()).add(name)
    return [tuple(sorted(group)) for _, group in sorted(groups.items()) if len(group) > 1]


def composed(name: str) -> str:
    """The name with each accent in its letter, where there is such a letter."""
    return unicodedata.normalize("NFC", name)


def told_apart(names: Iterable[str]) -> dict[str, str]:
    """How to show each of the names that have another form beside them: with the form's name."""
    return {name: f"{name} [{_form(name)}]" for group in same_names(names) for name in group}


def _form(name: str) -> str:
    if name == composed(name):
        return "composed"
    return "decomposed" if name == unicodedata.normalize("NFD", name) else "mixed"
