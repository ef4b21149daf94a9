"""The submissions that an audit makes, and what must come of each."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from autograder.course import CourseError
from autograder.grading.assignment import Assignment
from autograder.grading.pytest_session import Selection
from autograder.grading.variants import Variant, load_variants

SLOW_SEEDS = 3
"""Seeds at which an alternative of an exercise with slow tests is run."""


@dataclass(frozen=True)
class Trial:
    """One submission to grade. `kind` is reference, skeleton, misconception, other seed, alternative or combined."""

    kind: str
    document: bytes
    seed: int
    selection: Selection
    variant: Variant | None = None

    @property
    def name(self) -> str:
        subject = f" {self.variant.exercise}/{self.variant.name}" if self.variant else ""
        return f"{self.kind}{subject}" + (f" (seed {self.seed})" if self.seed else "")


class Notebooks:
    """An assignment's notebook with cells replaced."""

    def __init__(self, source: Path, release: Path) -> None:
        for path in (source, release):
            if not path.is_file():
                raise CourseError(f"{path} is missing: make it with `make notebooks`")
        self._solved = json.loads(source.read_bytes())
        self.solved, self.skeleton = source.read_bytes(), release.read_bytes()

    def replaced(self, cells: Mapping[str, str]) -> bytes:
        """The solved notebook with the sources of some solution cells (by grade_id) replaced.

        Raises:
            CourseError: there is no such cell.
        """
        notebook = json.loads(json.dumps(self._solved))
        missing = set(cells)
        for cell in notebook["cells"]:
            grade_id = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")
            if grade_id in cells:
                cell["source"] = cells[grade_id]
                missing.discard(grade_id)
        if missing:
            raise CourseError(f"no solution cell is called {', '.join(sorted(missing))}")
        return json.dumps(notebook).encode()


def plan(
    assignment: Assignment,
    notebooks: Notebooks,
    seeds: int,
    slow: frozenset[str],
    only: frozenset[str] | None,
) -> Iterator[Trial]:
    """Every trial of an audit.

    Args:
        seeds: how many seeds the reference and the alternatives are run at.
        slow: exercises with tests that are allowed more than the default time.
        only: audit these exercises alone.
    """
    everything = Selection(only)
    for seed in range(seeds):
        yield Trial("reference", notebooks.solved, seed, everything)
    yield Trial("skeleton", notebooks.skeleton, 0, everything)
    wanted = [
        v for v in load_variants(assignment.suite, "misconceptions") if only is None or v.exercise in only
    ]
    for variant in wanted:
        document = notebooks.replaced({_cell(variant): variant.source})
        yield Trial("misconception", document, 0, Selection(None, frozenset({variant.exercise})), variant)
        if variant.exercise not in slow:
            yield Trial("other seed", document, 1, Selection(frozenset({variant.exercise})), variant)
    for variant in load_variants(assignment.suite, "alternatives"):
        if only is not None and variant.exercise not in only:
            continue
        document, own = notebooks.replaced({_cell(variant): variant.source}), frozenset({variant.exercise})
        yield Trial("alternative", document, 0, Selection(None, own), variant)
        for seed in range(1, min(seeds, SLOW_SEEDS) if variant.exercise in slow else seeds):
            yield Trial("alternative", document, seed, Selection(own), variant)
    for cells in _rounds(wanted, slow):
        yield Trial("combined", notebooks.replaced(cells), 0, Selection(slow))


def _rounds(variants: list[Variant], slow: frozenset[str]) -> Iterator[dict[str, str]]:
    """Slow tests are not run on every misconception of the quick exercises; they are run on notebooks that hold one
    misconception of each quick exercise, so that each has been there once."""
    by_exercise: defaultdict[str, list[Variant]] = defaultdict(list)
    for variant in variants:
        if variant.exercise not in slow:
            by_exercise[variant.exercise].append(variant)
    if slow:
        for group in zip_longest(*by_exercise.values()):
            yield {_cell(variant): variant.source for variant in group if variant is not None}


def _cell(variant: Variant) -> str:
    return f"{variant.exercise}_solution"
