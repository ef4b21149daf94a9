"""A small assignment in rooms, with variants, and an audit of it that grades by a table instead of a jail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from autograder.audit import reads
from autograder.audit.ledger import Ledger
from autograder.audit.run import Audit, Wanted
from autograder.audit.trials import NotebookTemplate, Plan
from autograder.classroom.options import GradingOptions
from autograder.classroom.pool import Task
from autograder.classroom.workplace import JailChoice
from autograder.course import Course
from autograder.grading.assignment import Assignment
from autograder.grading.parse_notebook import cells_of
from autograder.grading.result import ExerciseResult, JailRecord, Measured, Result, TestResult, Verdict
from tests.grading import toy

MISCONCEPTIONS = {
    "double/halved": '"""Doubling makes it larger."""\ndef double(x): return x / 2\n',
    "double/detached": '"""The gradient must flow."""\ndef double(x): return 2 * x.detach()\n',
    "stats/summed": '"""A mean divides."""\ndef stats(x, scale=1): return scale * x.sum(), x.argmax()\n',
    "stats/smallest": '"""Largest."""\ndef stats(x, scale=1): return scale * x.mean(), x.argmin()\n',
    "layer/squared": '"""Times the weight."""\n' + toy.LAYER.replace("self.weight * x", "self.weight**2 * x"),
}
ALTERNATIVES = {"double/added": '"""A sum."""\ndef double(x): return x + x\n'}


def write_course(folder: Path, misconceptions: dict[str, str], alternatives: dict[str, str]) -> Assignment:
    """The small assignment in rooms, its variants and its release."""
    assignment = toy.write(folder)
    for path in list(assignment.suite.glob("test_*.py")):
        room = assignment.suite / path.stem.removeprefix("test_")
        room.mkdir()
        path.rename(room / path.name)
    write_misconceptions(assignment.suite, misconceptions)
    for name, source in alternatives.items():
        exercise, _, file = name.partition("/")
        path = assignment.suite / exercise / "alternatives" / f"{file}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    release = folder / "release" / "toy" / "toy.ipynb"
    release.parent.mkdir(parents=True)
    release.write_bytes(toy.document(toy.skeleton()))
    return assignment


def write_misconceptions(suite: Path, misconceptions: dict[str, str]) -> None:
    """Each exercise's, by `exercise/name`, with the hint as the cell's docstring."""
    for exercise in {name.partition("/")[0] for name in misconceptions}:
        own = {n.partition("/")[2]: s for n, s in misconceptions.items() if n.partition("/")[0] == exercise}
        toy.write_misconceptions(suite, exercise, own)


def load(folder: Path) -> Assignment:
    return Assignment.load("toy", folder / "source/toy/toy.ipynb", folder / "suite/toy")


@dataclass
class Table:
    """Grades by what a solution cell holds: the misconceptions and the skeleton fail, all else passes.

    Attributes:
        graded: what was graded, as (exercise, seed). shares: what the misconceptions earn.
    """

    graded: list[tuple[str, int]] = field(default_factory=list)
    share: float = 0.4
    stop_after: int | None = None
    meanwhile: Callable[[], object] = lambda: None

    def __call__(self, tasks: list[Task], jobs: int) -> Iterator[tuple[Task, Result]]:
        for count, task in enumerate(tasks):
            if self.stop_after is not None and count >= self.stop_after:
                raise KeyboardInterrupt
            yield task, self._result(task)
            if count == 0:
                self.meanwhile()

    def _result(self, task: Task) -> Result:
        cells = {cell.grade_id: cell.source for cell in cells_of(task.submission)}
        names = {source.split('"""')[-1].strip(): name for name, source in MISCONCEPTIONS.items()}
        chosen = task.selection.exercises or frozenset(e.id for e in task.assignment.exercises)
        results = []
        for exercise in sorted(chosen):
            self.graded.append((exercise, task.seed))
            source = cells[f"{exercise}_solution"]
            wrong = names.get(source.strip(), "").partition("/")[2]
            verdict = Verdict.FAILED if wrong or "NotImplementedError" in source else Verdict.PASSED
            share = {"": 1.0 if verdict is Verdict.PASSED else 0.0}.get(wrong, self.share)
            tests = (
                TestResult(name="test_it", statement="", weight=1, verdict=verdict, misconception=wrong),
            )
            results.append(ExerciseResult(id=exercise, points=4, share=share, verdict=verdict, tests=tests))
        return Result(
            key="",
            submission_digest="",
            suite_digest="",
            environment_digest="",
            assignment="toy",
            notebook="toy",
            seed=task.seed,
            jail=JailRecord(backend="landlock"),
            verdict=Verdict.PASSED,
            exercises=tuple(results),
            measured=Measured(seconds=1, student_seconds=1, cpu_seconds=1, exercises={}, tolerance={}),
        )


Auditing = Callable[..., Audit]


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def audited(tmp_path: Path, table: Table, monkeypatch: pytest.MonkeyPatch) -> Auditing:
    """Audits the small assignment in the test's folder as it is then; made with the variants above."""
    monkeypatch.setattr(reads, "machinery", lambda backend: "as it is")
    write_course(tmp_path, MISCONCEPTIONS, ALTERNATIVES)

    def audit(seeds: int = 4, **wanted: object) -> Audit:
        assignment = load(tmp_path)
        notebooks = NotebookTemplate(tmp_path / "source/toy/toy.ipynb", tmp_path / "release/toy/toy.ipynb")
        plan = Plan(assignment, notebooks, seeds, frozenset())
        jail = JailChoice.of(Course(tmp_path), GradingOptions(backend="landlock"))
        table.graded.clear()
        made = Audit(plan, Ledger(assignment.suite), jail, 1, Wanted(**wanted), grade=table)  # type: ignore[arg-type]
        made.run()
        return made

    return audit
