"""Where an assignment's hand-written files are, and where what is made from them goes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from autograder.course import CourseError
from autograder.grading.rules import Rule, load_rules


class AuthoringError(Exception):
    """Something in the author's files stops the build; the message says what and where."""


@dataclass(frozen=True)
class Chapter:
    """One assignment in a course folder.

    Attributes:
        root: the course folder. id: its folder under source/.
        texts: the notebooks as percent text, solutions/<id>_*.py, sorted.
    """

    root: Path
    id: str
    texts: tuple[Path, ...]

    @property
    def public_tests(self) -> Path:
        return self.root / "solutions" / f"{self.id}_public.py"

    @property
    def hidden_suite(self) -> Path:
        return self.root / "autograder" / "suites" / self.id

    @property
    def source(self) -> Path:
        return self.root / "source" / self.id

    @property
    def release(self) -> Path:
        return self.root / "release" / self.id

    @property
    def answers(self) -> Path:
        return self.root / "answers" / self.id

    def rules(self) -> dict[str, Rule]:
        """The rules of each exercise, where it forbids anything; AuthoringError where a file is not as it must be."""
        try:
            return load_rules(self.hidden_suite)
        except CourseError as error:
            raise AuthoringError(str(error)) from None

    def notebook(self, text: Path) -> Path:
        """The source notebook made from that text."""
        return self.source / f"{text.stem}.ipynb"

    @property
    def pairs(self) -> dict[Path, Path]:
        """Every hand-written file and the file in source/ that is made from it."""
        return {text: self.notebook(text) for text in self.texts} | {
            self.public_tests: self.source / "test_public.py"
        }


def chapters(root: Path) -> list[Chapter]:
    """Every assignment whose text is in solutions/, sorted by id."""
    texts: dict[str, list[Path]] = {}
    for path in sorted((root / "solutions").glob("*.py")):
        found = re.fullmatch(r"(ch\d\d)_(\w+)", path.stem)
        if found and found.group(2) != "public":
            texts.setdefault(found.group(1), []).append(path)
    return [
        Chapter(root.resolve(), id, tuple(p.resolve() for p in paths)) for id, paths in sorted(texts.items())
    ]


def chapter(root: Path, id: str) -> Chapter:
    """The assignment of that id. AuthoringError names the ones there are."""
    known = {chapter.id: chapter for chapter in chapters(root)}
    if id not in known:
        there = ", ".join(known) or "none"
        raise AuthoringError(f"no text of {id!r} in {root / 'solutions'} (there: {there})")
    return known[id]
