"""Solutions that are alike beyond what everybody was given and what most wrote: leads for a person, never a penalty.

Each exercise's solution cell becomes a sequence of tokens in which names of the student's own, texts, comments and
layout make no difference, and that sequence a set of shingles, which are runs of `RUN` tokens. Shingles of the skeleton
and those that many students share say nothing, since a right solution to a small task has few forms. Two students are a
lead in an exercise where most of what is left is the same, and it is long enough. Schleimer, Wilkerson and Aiken,
"Winnowing", 2003, compare documents in this way.
"""

from __future__ import annotations

import builtins
import io
import keyword
import re
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

RUN = 8
"""Tokens of a shingle."""
LEAST = 24
"""Shingles that two students must share in an exercise: about four lines that are nobody else's."""
ALIKE = 0.7
"""The part of the smaller one's remaining shingles that must be shared."""
MOST_TEXT = 50_000
"""Characters of a cell that are looked at."""
_KEPT = {
    *keyword.kwlist,
    *keyword.softkwlist,
    *dir(builtins),
    "self",
    "torch",
    "nn",
    "F",
    "np",
    "math",
    "plt",
}
_WORD = re.compile(r"[^\W\d]\w*|\d[\w.]*|\S")
_LAYOUT = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    *(tokenize.ENCODING, tokenize.ENDMARKER),
}

Sources = Mapping[str, str]
"""A student's solution cells: source by grade id."""


@dataclass(frozen=True)
class Lead:
    """Two students whose solutions are alike.

    Attributes:
        exercises: the solution cells in question, each with the shared part of the smaller one's own shingles.
        shared: shingles that they share there, all cells together.
    """

    students: tuple[str, str]
    exercises: tuple[tuple[str, float], ...]
    shared: int


def leads(solutions: Mapping[str, Sources], skeleton: Sources) -> list[Lead]:
    """Every two students who wrote alike, those who share most first.

    Args:
        solutions: by student. skeleton: the cells as they were given out.
    """
    most = max(4, len(solutions) // 50)
    given = {name: shingles(text) for name, text in skeleton.items()}
    found: defaultdict[tuple[str, str], list[tuple[str, float, int]]] = defaultdict(list)
    for exercise in given:
        written = {
            student: own
            for student, cells in solutions.items()
            if len(own := shingles(cells.get(exercise, "")) - given[exercise]) >= LEAST
        }
        for pair, shared, part in _alike(written, most):
            found[pair].append((exercise, part, shared))
    made = [
        Lead(pair, tuple((name, part) for name, part, _ in cells), sum(shared for *_, shared in cells))
        for pair, cells in found.items()
    ]
    return sorted(made, key=lambda lead: (-lead.shared, lead.students))


def _alike(written: Mapping[str, frozenset[int]], most: int) -> Iterator[tuple[tuple[str, str], int, float]]:
    holders: defaultdict[int, list[str]] = defaultdict(list)
    for student in sorted(written):
        for shingle in written[student]:
            holders[shingle].append(student)
    rare = Counter(student for who in holders.values() if len(who) <= most for student in who)
    together: Counter[tuple[str, str]] = Counter()
    for who in holders.values():
        if 1 < len(who) <= most:
            together.update(combinations(who, 2))
    for pair, shared in together.items():
        part = shared / min(rare[student] for student in pair)
        if shared >= LEAST and part >= ALIKE:
            yield pair, shared, part


def shingles(source: str) -> frozenset[int]:
    """The runs of tokens of a cell, as numbers that are equal within this process for equal runs."""
    words = tokens(source)
    return frozenset(hash(tuple(words[at : at + RUN])) for at in range(len(words) - RUN + 1))


def tokens(source: str) -> list[str]:
    """A cell's tokens; a name of the student's own is a name like any other, and so is a text."""
    source = source[:MOST_TEXT]
    try:
        read = [
            (one.type, one.string)
            for one in tokenize.generate_tokens(io.StringIO(source).readline)
            if one.type not in _LAYOUT
        ]
        texts = _alone(source)
    except (tokenize.TokenError, SyntaxError, ValueError):  # half a line, magics: its words all the same
        read = [(tokenize.OP, word) for word in _WORD.findall(re.sub(r"#.*", "", source))]
        texts = set()
    words: list[str] = []
    for at, (kind, text) in enumerate(read):
        if kind == tokenize.STRING and at in texts:
            continue
        attribute = bool(words) and words[-1] == "."
        name = text.isidentifier() and text not in _KEPT and not attribute
        is_text = kind == tokenize.STRING or tokenize.tok_name[kind].endswith("STRING_MIDDLE")
        words.append("text" if is_text else "name" if name else text)
    return words


def _alone(source: str) -> set[int]:
    """Places, among the tokens that are not layout, of texts that are statements by themselves: docstrings."""
    places, at, begins = set[int](), 0, True
    pending = -1
    for one in tokenize.generate_tokens(io.StringIO(source).readline):
        if one.type == tokenize.NEWLINE:
            if pending >= 0:
                places.add(pending)
            pending, begins = -1, True
        elif one.type not in _LAYOUT:
            pending = at if one.type == tokenize.STRING and begins else -1
            begins = False
            at += 1
    return places


def lead_texts(solutions: Mapping[str, Sources], skeleton: Sources) -> dict[str, str]:
    """For each student the solution cells as one Python file, as JPlag and Dolos read it."""
    return {
        student: "\n\n".join(f"# {name}\n{cells[name].rstrip()}" for name in skeleton if name in cells) + "\n"
        for student, cells in solutions.items()
    }
