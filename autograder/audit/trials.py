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
from autograder.grading.variants import Variant, load_alternatives, load_misconceptions

SLOW_SEEDS = 3
"""Seeds at which slow tests are run on alternatives."""


@dataclass(frozen=True)
class Trial:
    """One submission to grade.

    Attributes:
        kind: reference, skeleton, misconception, other seed, alternative or beside.
        variant: the misconception.
        others: the variants in the notebook: the alternatives, or what stands beside the exercise.
    """

    kind: str
    document: bytes
    seed: int
    selection: Selection
    variant: Variant | None = None
    others: tuple[Variant, ...] = ()

    @property
    def name(self) -> str:
        shown = [self.variant] if self.variant else self.others if self.kind == "beside" else ()
        subject = "".join(f" {variant.exercise}/{variant.name}" for variant in shown)
        return f"{self.kind}{subject}" + (f" (seed {self.seed})" if self.seed else "")


class NotebookTemplate:
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
    notebooks: NotebookTemplate,
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
    misconceptions, alternatives = load_misconceptions(assignment), load_alternatives(assignment)
    for variant in misconceptions:
        if only is None or variant.exercise in only:
            document, own = notebooks.replaced({_cell(variant): variant.source}), _alone(variant.exercise)
            yield Trial("misconception", document, 0, own, variant)
            if variant.exercise not in slow:
                yield Trial("other seed", document, 1, own, variant)
    for row in _rows([v for v in alternatives if only is None or v.exercise in only]):
        document = notebooks.replaced({_cell(v): v.source for v in row})
        theirs = frozenset(v.exercise for v in row)
        for seed in range(seeds):
            selection = Selection(theirs, slow=None if seed < SLOW_SEEDS else frozenset())
            yield Trial("alternative", document, seed, selection, others=row)
    for exercise in assignment.exercises:
        if only is None or exercise.id in only:
            for row in _rows([v for v in (*misconceptions, *alternatives) if v.exercise != exercise.id]):
                yield beside(notebooks, _alone(exercise.id), row)
    if only is None:
        return
    unaudited = frozenset(e.id for e in assignment.exercises) - only
    for variant in (*misconceptions, *alternatives):
        if variant.exercise in only and unaudited:
            yield beside(notebooks, Selection(unaudited, slow=frozenset()), (variant,))


def beside(notebooks: NotebookTemplate, selection: Selection, others: tuple[Variant, ...]) -> Trial:
    """The reference's solutions of the selected exercises in a notebook with these variants of other exercises."""
    document = notebooks.replaced({_cell(variant): variant.source for variant in others})
    return Trial("beside", document, 0, selection, others=others)


def _rows(variants: list[Variant]) -> Iterator[tuple[Variant, ...]]:
    """One variant of each exercise at a time, until each has been there once.

    A notebook for each pair of a variant and another exercise would show the same at many times the cost.
    """
    by_exercise: defaultdict[str, list[Variant]] = defaultdict(list)
    for variant in variants:
        by_exercise[variant.exercise].append(variant)
    for group in zip_longest(*by_exercise.values()):
        yield tuple(variant for variant in group if variant is not None)


def _alone(exercise: str) -> Selection:
    return Selection(frozenset({exercise}))


def _cell(variant: Variant) -> str:
    return f"{variant.exercise}_solution"
