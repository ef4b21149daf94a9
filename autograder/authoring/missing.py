"""What an assignment still lacks before it is whole, one sentence each with the file to open."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from autograder.authoring.agreement import points_to_come
from autograder.authoring.cells import cells_of
from autograder.authoring.chapter import Chapter

MISCONCEPTIONS, ALTERNATIVES = 6, 3
"""An exercise has at least so many wrong solutions, and so many right ones beside ours."""
_TO_WRITE = re.compile(r"TO WRITE: *(.*?)[\"' |]*$")


def missing(chapter: Chapter, exercises: frozenset[str] | None = None) -> list[str]:
    """What is still to be written or too few, of the whole assignment or of some exercises' rooms alone."""
    found = list(_of_the_text(chapter)) if exercises is None else []
    cells = [cell for text in chapter.texts for cell in cells_of(text)]
    for cell in cells:
        if cell.role == "exercise" and (exercises is None or cell.id in exercises):
            found += _of_the_room(chapter.hidden_suite / cell.id, cell.id)
    return [sentence.replace(f"{chapter.root}/", "") for sentence in found]


def _of_the_text(chapter: Chapter) -> Iterator[str]:
    for path in (*chapter.texts, chapter.public_tests):
        yield from _unwritten(path)
    if points := points_to_come(chapter):
        yield f"{chapter.texts[0]}: {points:g} points are still to come: `autograder new {chapter.id} EXERCISE`"


def _of_the_room(room: Path, exercise: str) -> Iterator[str]:
    for path in sorted(room.rglob("*.py")):
        yield from _unwritten(path)
    wrong = _misconceptions(room)
    if wrong < MISCONCEPTIONS:
        yield (
            f"{room / 'misconceptions.py'}: {exercise} has {wrong} misconceptions, at least {MISCONCEPTIONS} are wanted"
        )
    right = len(list((room / "alternatives").glob("*.py")))
    if right < ALTERNATIVES:
        yield (
            f"{room / 'alternatives'}: {exercise} has {right} other right solutions, at least {ALTERNATIVES} are wanted"
        )


def _unwritten(path: Path) -> Iterator[str]:
    if path.is_file():
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if found := _TO_WRITE.search(text):
                yield f"{path}:{number}: still to write: {found[1]}"


def _misconceptions(room: Path) -> int:
    """How many there are, whole files and edits; counted without running the author's file."""
    count = len(list((room / "misconceptions").glob("*.py")))
    path = room / "misconceptions.py"
    if path.is_file():
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except SyntaxError:
            return count
        calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
        count += sum(isinstance(function, ast.Name) and function.id == "misconception" for function in calls)
    return count
