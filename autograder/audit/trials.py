"""The trials of an audit: what must come of a solution, exercise by exercise; and the notebooks that decide them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.audit import reads
from autograder.audit.independence import asked_by_tests, seen
from autograder.course import CourseError
from autograder.grading.assignment import Assignment
from autograder.grading.parse_notebook import parse
from autograder.grading.pytest_session import Selection
from autograder.grading.variants import Variant, load_alternatives, load_misconceptions

SLOW_SEEDS = 3
"""Seeds at which slow tests are run on alternatives."""
LIGHT_SEEDS = 3
"""Seeds at which a light audit runs the reference."""
KINDS = ("reference", "skeleton", "misconception", "alternative", "beside", "hints", "notebook")
_VARIANTS = ("misconceptions", "alternatives", "ledger", "__pycache__")
"""What stands in an exercise's room and is not read by each of its trials."""
_READ = (".py", ".toml", ".pt", ".npz", ".csv", ".json")


@dataclass(frozen=True)
class Trial:
    """One thing that must hold of one exercise.

    Attributes:
        exercise: whose tests are run.
        variant: the misconception or alternative; for `beside`, that of another exercise which stands in the notebook.
        slow: whether its slow tests are run too.
        subject: the digest of all that an author writes and the trial reads, but the seed.
        sees: the exercises whose solutions it can see, its own included.
    """

    kind: str
    exercise: str
    seed: int
    subject: str
    variant: Variant | None = None
    slow: bool = True
    sees: frozenset[str] = field(default_factory=frozenset, compare=False)

    @property
    def label(self) -> str:
        """What the trial is called within its exercise, whatever the seed."""
        if self.variant is None:
            return self.kind
        own = self.variant.exercise == self.exercise
        return f"{self.kind} {'' if own else f'{self.variant.exercise}/'}{self.variant.name}"

    @property
    def name(self) -> str:
        """What the trial is called for a person."""
        return f"{self.exercise}: {self.label}" + (f" (seed {self.seed})" if self.seed else "")

    @property
    def is_light(self) -> bool:
        """Whether a light audit, after a change of the engine alone, runs it."""
        return self.kind != "beside" and self.seed < (LIGHT_SEEDS if self.kind == "reference" else 1)


@dataclass(frozen=True)
class Batch:
    """One notebook graded once, and the trials that this decides."""

    document: bytes
    seed: int
    selection: Selection
    trials: tuple[Trial, ...]


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
        if not cells:
            return self.solved
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


class Plan:
    """Every trial of an assignment's audit.

    Args:
        seeds: how many seeds the reference and the alternatives are run at.
        slow: exercises with tests that are allowed more than the default time.

    Raises:
        CourseError: a variant belongs to no exercise.
    """

    def __init__(
        self, assignment: Assignment, notebooks: NotebookTemplate, seeds: int, slow: frozenset[str]
    ) -> None:
        self.assignment, self.notebooks = assignment, notebooks
        self.misconceptions, self.alternatives = (
            load_misconceptions(assignment),
            load_alternatives(assignment),
        )
        known = {e.id for e in assignment.exercises}
        for variant in (*self.misconceptions, *self.alternatives):
            if variant.exercise not in known:
                raise CourseError(
                    f"no exercise is called {variant.exercise}, for which {variant.name} was written in "
                    f"{assignment.suite / variant.exercise}: there are {', '.join(sorted(known))}"
                )
        self._seeds, self._slow = seeds, slow
        self._known: dict[tuple[str, str, Variant | None, bool], Trial] = {}
        self._solved, self._untouched = _code(notebooks.solved), _code(notebooks.skeleton)
        self._room = {e: self._room_of(e) for e in known}
        self._asked = {e: self._asked_by(e) for e in known}

    def trials(self, only: frozenset[str] | None = None) -> Iterator[Trial]:
        """The trials of the chosen exercises, of all where none is chosen; those beside their variants included."""
        chosen = [e.id for e in self.assignment.exercises if only is None or e.id in only]
        for exercise in chosen:
            for seed in range(self._seeds):
                yield self._trial("reference", exercise, seed, self._solved)
            yield self._trial("skeleton", exercise, 0, self._untouched)
        for variant in self.misconceptions:
            if variant.exercise in chosen:
                for seed in (0,) if variant.exercise in self._slow else (0, 1):
                    yield self._of_variant("misconception", variant, seed)
        for variant in self.alternatives:
            if variant.exercise in chosen:
                for seed in range(self._seeds):
                    yield self._of_variant("alternative", variant, seed)
        for variant in (*self.misconceptions, *self.alternatives):
            for e in self.assignment.exercises:
                if e.id != variant.exercise and (e.id in chosen or variant.exercise in chosen):
                    trial = self._trial("beside", e.id, 0, self._with(variant), variant)
                    if variant.exercise in trial.sees:
                        yield trial

    def edited(self) -> frozenset[str]:
        """The exercises whose tests, rules or misconceptions are no longer what they were when this plan was made."""
        misconceptions = load_misconceptions(self.assignment)
        return frozenset(
            e
            for e, room in self._room.items()
            if self._room_of(e) != room
            or [v for v in misconceptions if v.exercise == e]
            != [v for v in self.misconceptions if v.exercise == e]
        )

    def hints(self, exercise: str) -> Trial:
        """Diagnosing an exercise's misconceptions with themselves unknown, and two at a time."""
        return self._trial("hints", exercise, 0, self._solved)

    def subjects(self, exercise: str) -> dict[str, set[str]]:
        """What each trial of an exercise reads now, by its label, whichever seeds are asked for."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        found["hints"].add(self.hints(exercise).subject)
        seeds, self._seeds = self._seeds, max(self._seeds, SLOW_SEEDS + 1)
        for trial in self.trials(frozenset({exercise})):
            if trial.exercise == exercise:
                found[trial.label].add(trial.subject)
        self._seeds = seeds
        return dict(found)

    def _of_variant(self, kind: str, variant: Variant, seed: int) -> Trial:
        slow = kind == "misconception" or seed < SLOW_SEEDS or variant.exercise not in self._slow
        return self._trial(kind, variant.exercise, seed, self._with(variant), variant, slow)

    def _with(self, variant: Variant) -> dict[str, str]:
        return {**self._solved, cell_of(variant): variant.source}

    def _trial(
        self,
        kind: str,
        exercise: str,
        seed: int,
        cells: dict[str, str],
        variant: Variant | None = None,
        slow: bool = True,
    ) -> Trial:
        key = (kind, exercise, variant, slow)
        if key in self._known:
            return replace(self._known[key], seed=seed)
        own = [id for id in cells if self.assignment.exercise_of(id) == exercise]
        visible = seen(own, self._asked[exercise], cells)
        # A failed test is run again on the reference, and its diagnosis compares with all misconceptions.
        compared = [[v.name, v.base, v.source] for v in self.misconceptions if v.exercise == exercise]
        compared += [[id, self._solved[id]] for id in own if id in self._solved]
        subject = reads.digest(
            kind,
            slow,
            [[id, cells[id]] for id in cells if id in visible],
            self._room[exercise],
            compared if kind in ("misconception", "hints") else [],
        )
        sees = {self.assignment.exercise_of(id) for id in visible} - {None}
        trial = Trial(kind, exercise, seed, subject, variant, slow, frozenset(s for s in sees if s))
        self._known[key] = trial
        return trial

    def _room_of(self, exercise: str) -> list[object]:
        """All that every trial of an exercise reads besides cells."""
        suite = self.assignment.suite
        shared = [p for p in suite.glob("*") if p.suffix in _READ and p.suffix != ".toml"]
        rule = self.assignment.rules.get(exercise)
        paths = [*shared, *self._files(exercise)]
        tests = [p.read_text(encoding="utf-8") for p in paths if p.suffix == ".py"]
        material = reads.material([*self._solved.values(), *tests], reads.PROJECT)
        return [reads.files(paths, suite), repr(rule), material]

    def _files(self, exercise: str) -> list[Path]:
        room = self.assignment.suite / exercise
        found = (path for path in room.rglob("*") if path.is_file() and path.suffix in _READ)
        return [p for p in found if not p.relative_to(room).parts[0].startswith(_VARIANTS)]

    def _asked_by(self, exercise: str) -> frozenset[str]:
        paths = [p for p in self._files(exercise) if p.suffix == ".py"] + [
            *self.assignment.suite.glob("*.py")
        ]
        found = [asked_by_tests(path.read_text(encoding="utf-8")) for path in paths]
        return frozenset(self.assignment.asks_for(exercise)).union(*found)


def batches(notebooks: NotebookTemplate, trials: Iterable[Trial]) -> list[Batch]:
    """Notebooks that decide those trials, as few as can be, the longest first.

    What differs in cells that no exercise of a notebook sees stands in it together: an alternative of each exercise,
    and the reference's solutions beside them.
    """
    groups: defaultdict[tuple[str, int, bool], list[Trial]] = defaultdict(list)
    for trial in trials:
        if trial.kind in ("reference", "skeleton"):
            where = trial.kind
        else:
            assert trial.variant is not None
            where = (
                f"{trial.variant.exercise}/{trial.variant.name}" if trial.kind != "alternative" else "rows"
            )
        groups[where, trial.seed, trial.slow].append(trial)
    found: list[Batch] = []
    for (where, seed, slow), group in groups.items():
        for row in _rows(group) if where == "rows" else [group]:
            cells = {cell_of(t.variant): t.variant.source for t in row if t.variant is not None}
            document = notebooks.skeleton if where == "skeleton" else notebooks.replaced(cells)
            exercises = frozenset(t.exercise for t in row)
            selection = Selection(exercises, slow=None if slow else frozenset())
            found.append(Batch(document, seed, selection, tuple(row)))
    return sorted(found, key=lambda batch: -len(batch.trials))


def _rows(trials: Iterable[Trial]) -> list[list[Trial]]:
    """Trials of different exercises that can share a notebook: none sees another's cell."""
    rows: list[list[Trial]] = []
    for trial in trials:
        for row in rows:
            if all(t.exercise not in trial.sees and trial.exercise not in t.sees for t in row):
                row.append(trial)
                break
        else:
            rows.append([trial])
    return rows


def _code(document: bytes) -> dict[str, str]:
    """The sources of the cells that grading runs, by id."""
    cells = [cell for cell in parse(document) if cell.kind == "code" and cell.role in ("solution", "given")]
    return {cell.grade_id or f"cell {number}": cell.source for number, cell in enumerate(cells)}


def cell_of(variant: Variant) -> str:
    """The id of the solution cell that a variant replaces."""
    return f"{variant.exercise}_solution"
