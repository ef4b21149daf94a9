"""What an assignment still lacks before it is whole, one sentence each with the file to open."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from autograder.authoring.agreement import points_to_come
from autograder.authoring.cells import cells_of
from autograder.authoring.chapter import Chapter

LEAST_MISCONCEPTIONS, LEAST_ALTERNATIVES = 6, 3
"""An exercise has at least so many wrong solutions, and so many right ones beside ours."""
_TO_WRITE = re.compile(r"TO WRITE: *(.*?)[\"',]*(?: \|.*)?$")


def missing(chapter: Chapter) -> list[str]:
    """What is still to be written or too few."""
    found = unwritten(chapter)
    for exercise in _exercises(chapter):
        room = chapter.hidden_suite / exercise
        wrong, right = _misconceptions(room), len(list((room / "alternatives").glob("*.py")))
        for count, least, name in (
            (wrong, LEAST_MISCONCEPTIONS, "misconceptions"),
            (right, LEAST_ALTERNATIVES, "alternatives"),
        ):
            if count < least:
                place = room / ("misconceptions.py" if name == "misconceptions" else name)
                found.append(f"{place}: {exercise} has {count} {name} of at least {least}")
    return [sentence.replace(f"{chapter.root}/", "") for sentence in found]


def unwritten(chapter: Chapter, only: frozenset[str] | None = None) -> list[str]:
    """The places that still say TO WRITE, and points that no exercise has; of the rooms of some exercises alone, where
    they are named."""
    found: list[str] = []
    if only is None:
        for path in (*chapter.texts, chapter.public_tests):
            found += _unwritten(path)
        if points := points_to_come(chapter):
            found.append(
                f"{chapter.texts[0]}: {points:g} points are still to come: `autograder new {chapter.id} EXERCISE`"
            )
    for exercise in _exercises(chapter):
        if only is None or exercise in only:
            for path in sorted((chapter.hidden_suite / exercise).rglob("*.py")):
                found += _unwritten(path)
    return [sentence.replace(f"{chapter.root}/", "") for sentence in found]


def _exercises(chapter: Chapter) -> list[str]:
    cells = [cell for text in chapter.texts for cell in cells_of(text)]
    return [cell.id for cell in cells if cell.role == "exercise"]


def _unwritten(path: Path) -> Iterator[str]:
    if path.is_file():
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if found := _TO_WRITE.search(text):
                yield f"{path}:{number}: still to write: {found[1]}"


def _misconceptions(room: Path) -> int:
    """How many there are; counted without running the author's file."""
    path = room / "misconceptions.py"
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError):
        return 0
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return sum(isinstance(function, ast.Name) and function.id == "misconception" for function in calls)
