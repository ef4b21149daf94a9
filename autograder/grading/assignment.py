"""An assignment as the grader knows it: the source notebook, the exercises in it, the hidden suite beside it."""

from __future__ import annotations

import functools
import hashlib
import platform
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path

import autograder
from autograder.course import CourseError
from autograder.grading.forbidden import defined_names
from autograder.grading.parse_notebook import Cell, parse
from autograder.grading.rules import Rule, load_rules

_ENGINE_FOLDERS = ("wire", "jail", "grading")
_DECIDING_SUFFIXES = (".py", ".toml", ".pt", ".npz")
_VARIANTS = ("misconceptions", "alternatives")
"""How the names begin of what a room holds besides its tests and rules."""
_DECIDING_PACKAGES = ("torch", "numpy", "pytest", "ipython", "safetensors", "msgspec", "scikit-learn")


STATED_SECRET = "no secret: whoever audits a suite must be able to repeat it"


@dataclass(frozen=True)
class Exercise:
    """One machine-graded exercise: `id` is its grade cell's grade_id and its tests' marker."""

    id: str
    points: float


@dataclass(frozen=True)
class Assignment:
    """Everything that decides grades besides the submission.

    Attributes:
        name: its folder under source/. notebook: the notebook's name without .ipynb.
        cells: the source notebook's cells, solutions included.
        suite: the folder of hidden tests.
        secret: what the hidden inputs follow from besides the seed; a course's own, or the stated one of audits and
            tests. It stands in no document and no message; `secret_digest` does.
    """

    name: str
    notebook: str
    cells: tuple[Cell, ...]
    suite: Path
    secret: str = field(default=STATED_SECRET, repr=False)

    @classmethod
    def load(cls, name: str, source: Path, suite: Path | None = None) -> Assignment:
        """Read the source notebook.

        Args:
            source: path of the source notebook. suite: folder of hidden tests, autograder/suites/<name> if not given.

        Raises:
            CourseError: a file is missing, or notebook and suite do not belong together.
        """
        suite = suite or packaged_suite(name)
        engine_digest()  # of the code that is loaded now
        if not source.is_file():
            raise CourseError(f"{source} is missing: make it with `make notebooks`")
        if not any(suite.rglob("test_*.py")):
            raise CourseError(f"there are no hidden tests for {name!r} in {suite}")
        return cls(name, source.stem, parse(source.read_bytes()), suite)

    def under(self, secret: str) -> Assignment:
        """The assignment as a course grades it: with the hidden inputs that follow from the course's secret."""
        return replace(self, secret=secret)

    @functools.cached_property
    def secret_digest(self) -> str:
        """Tells one secret from another and gives none away; nothing for the stated one."""
        if self.secret == STATED_SECRET:
            return ""
        return hashlib.sha256(f"the digest of a course's secret\0{self.secret}".encode()).hexdigest()

    @functools.cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        """The machine-graded exercises in the notebook's order."""
        return tuple(Exercise(c.grade_id, c.points) for c in self.cells if c.role == "grade" and c.grade_id)

    @functools.cached_property
    def known(self) -> dict[str, Cell]:
        """Every cell nbgrader knows, by grade_id."""
        return {cell.grade_id: cell for cell in self.cells if cell.grade_id}

    @functools.cached_property
    def rules(self) -> dict[str, Rule]:
        """The rules of each exercise, where it forbids anything."""
        return load_rules(self.suite)

    def asks_for(self, exercise: str) -> tuple[str, ...]:
        """The functions and classes that the exercise's solution cells define."""
        cells = [self.known[id] for id, owner in self._owners.items() if owner == exercise]
        return tuple(name for cell in cells for name in defined_names(cell.source))

    def exercise_of(self, solution_id: str) -> str | None:
        """The exercise a solution cell belongs to: that of the next grade cell in the source notebook."""
        return self._owners.get(solution_id)

    @functools.cached_property
    def _owners(self) -> dict[str, str]:
        owners, waiting = {}, []
        for cell in self.cells:
            if cell.role == "solution" and cell.grade_id:
                waiting.append(cell.grade_id)
            elif cell.role == "grade" and cell.grade_id:
                owners.update(dict.fromkeys(waiting, cell.grade_id))
                waiting = []
        return owners

    @functools.cached_property
    def suite_digest(self) -> str:
        """SHA-256 over everything of the suite, the source notebook's cells and the engine's code."""
        content = hashlib.sha256(repr(self.cells).encode())
        content.update(_digest(_deciding(self.suite)).encode() + engine_digest().encode())
        content.update(self.secret_digest.encode())
        return content.hexdigest()

    def tests_digest(self, exercise: str) -> str:
        """SHA-256 over the files that an exercise's hidden tests may read: those of its room, and those that stand in
        no exercise's room. Other right and wrong solutions are not among them."""
        return self._tests_digests[exercise]

    @functools.cached_property
    def _tests_digests(self) -> dict[str, str]:
        rooms = {exercise.id: list[Path]() for exercise in self.exercises}
        shared: list[Path] = []
        for path in _deciding(self.suite):
            room, *inside = path.relative_to(self.suite).parts
            if room not in rooms:
                shared.append(path)
            elif not inside[0].startswith(_VARIANTS):
                rooms[room].append(path)
        return {exercise: _digest([*shared, *own]) for exercise, own in rooms.items()}


def _deciding(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix in _DECIDING_SUFFIXES and path.is_file()]


@functools.cache
def engine_digest() -> str:
    """SHA-256 over the engine's code, as it was when this process first asked: what is edited later is not loaded."""
    folder = Path(autograder.__file__).parent
    engine = [path for name in _ENGINE_FOLDERS for path in (folder / name).rglob("*.py")]
    return _digest([*engine, *(folder.parent / "selfcheck").glob("*.py")])


def packaged_suite(name: str) -> Path:
    """The folder of hidden tests that comes with this package."""
    return Path(autograder.__file__).parent / "suites" / name


def files_stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Path, time and size of every file that may decide something there: it changes where one is edited."""
    stamps = ((path, path.stat()) for path in sorted(_deciding(folder)))
    return tuple((str(path), status.st_mtime_ns, status.st_size) for path, status in stamps)


@functools.cache
def environment_digest() -> str:
    """SHA-256 over what of this machine's software can decide a score."""
    versions = [f"{name}=={metadata.version(name)}" for name in _DECIDING_PACKAGES]
    return hashlib.sha256("\n".join([sys.version, platform.machine(), *versions]).encode()).hexdigest()


def _digest(paths: Iterable[Path]) -> str:
    content = hashlib.sha256()
    for path in sorted(paths):
        content.update(f"{path.parent.name}/{path.name}\0".encode())
        content.update(hashlib.sha256(path.read_bytes()).digest())
    return content.hexdigest()
