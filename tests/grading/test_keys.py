"""A stored result is used again exactly as far as nothing that decides it has changed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import autograder
from autograder.classroom import outcomes
from autograder.classroom.options import GradingOptions
from autograder.classroom.outcomes import class_outcomes
from autograder.classroom.pool import Task
from autograder.classroom.workplace import Workplace, load_assignment
from autograder.course import Course
from autograder.grading import session as sessions
from autograder.grading.grade import grade
from autograder.grading.pytest_session import EVERYTHING
from autograder.grading.result import Result, Verdict
from autograder.jail.host.worker import Worker

from . import toy

TRIPLED = "def double(x): return 3 * x"
MISCONCEPTION = '''"""{hint}"""
def double(x):
    return {factor} * x
'''


class Rooms:
    """A course whose suite has one folder an exercise, and its graders' diary."""

    def __init__(self, root: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
        self.course = Course(root)
        self.suite = self.course.suites / "toy"
        for file, text in toy.TESTS.items():
            room = self.suite / file.removeprefix("test_").removesuffix(".py")
            room.mkdir(parents=True)
            (room / file).write_text(text)
        self.source = self.course.source_notebook("toy", "toy")
        self.source.parent.mkdir(parents=True)
        self.source.write_bytes(toy.document(toy.solved()))
        self.believe(hint="Twice, not three times.")
        self.graded: list[tuple[str, ...]] = []
        place = Workplace.__new__(Workplace)
        place.proofs, place._worker, place._diagnoses, place._answers = (), worker, {}, None

        def grade_all(tasks: list[Task], jobs: int, **_: object) -> Iterator[tuple[Task, Result | str]]:
            for task in tasks:
                asked = task.selection.exercises
                self.graded.append(
                    ("everything",) if task.selection == EVERYTHING else tuple(sorted(asked or ()))
                )
                yield task, place.grade(task.submission, task.assignment, task.seed, task.selection)

        monkeypatch.setattr(outcomes, "grade_all", grade_all)

    def believe(self, hint: str, factor: int = 3) -> None:
        toy.write_misconceptions(
            self.suite, "double", {"tripled": MISCONCEPTION.format(hint=hint, factor=factor)}
        )

    def submit(self, content: object) -> None:
        path = self.course.submission_folder("ann", "toy") / "toy.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(toy.document(content))

    def result(self, **options: Any) -> Result:
        found = dict(class_outcomes(self.course, "toy", ["ann"], GradingOptions(**options)))["ann"]
        assert isinstance(found, Result), found
        return found

    def hints(self, exercise: str = "double") -> set[str]:
        return {test.hint for test in self.result().exercise(exercise).tests if test.hint}

    def edit(self, exercise: str, old: str, new: str) -> None:
        path = self.suite / exercise / f"test_{exercise}.py"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))


@pytest.fixture
def rooms(tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> Rooms:
    made = Rooms(tmp_path, worker, monkeypatch)
    made.submit(toy.solved(double=TRIPLED))
    return made


def test_an_edited_test_has_its_own_exercise_graded_again_and_no_other(rooms: Rooms) -> None:
    before = rooms.result()
    assert rooms.graded == [("everything",)] and rooms.result() == before and len(rooms.graded) == 1
    rooms.edit("stats", "The mean is scaled.", "The mean is multiplied.")
    after = rooms.result()
    assert rooms.graded[1:] == [("stats",)]
    assert [e.id for e in after.exercises] == ["double", "stats", "layer"] and after.score == before.score
    assert after.exercise("double") == before.exercise("double")
    assert "The mean is multiplied." in {test.statement for test in after.exercise("stats").tests}
    assert rooms.result() == after and len(rooms.graded) == 2


def test_what_all_rooms_may_read_has_all_graded_again(rooms: Rooms) -> None:
    rooms.result()
    (rooms.suite / "conftest.py").write_text("")
    rooms.result()
    content = toy.solved()
    toy.by_id(content, "given_imports")["source"] += "\nimport math"
    rooms.source.write_bytes(toy.document(content))
    rooms.result()
    rooms.result(seed=1)
    rooms.result(force=True)
    assert rooms.graded == [("everything",)] * 5


def test_a_card_that_is_worded_otherwise_has_nothing_graded_again(rooms: Rooms) -> None:
    rooms.result()
    content = toy.solved()
    content["cells"][1]["source"] = "# Double, in other words"
    rooms.source.write_bytes(toy.document(content))
    assert rooms.result().score == 7 and len(rooms.graded) == 1


def test_a_hint_is_shown_as_it_is_worded_now_and_nothing_is_graded_again(rooms: Rooms) -> None:
    assert rooms.hints() == {"Twice, not three times."}
    rooms.believe(hint="How often?")
    assert rooms.hints() == {"How often?"} and len(rooms.graded) == 1


def test_an_edited_misconception_voids_the_hint_and_keeps_the_score(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rooms.result()
    rooms.believe(hint="Four?", factor=4)
    after = rooms.result()
    assert rooms.graded[1:] == [("double",)] and after.score == before.score
    assert not {test.hint + test.misconception for test in after.exercise("double").tests} - {""}
    rooms.believe(hint="Three?", factor=3)
    # The run that looks for a hint comes out otherwise, on a machine under load say: the score stands all the same.
    monkeypatch.setattr(sessions.Session, "fault", lambda self: sessions.Fault(Verdict.TIMEOUT, "was slow"))
    assert rooms.result().exercise("double").score == before.exercise("double").score
    assert rooms.graded[2:] == [("double",)]


def test_a_right_exercise_has_no_misconception_read(rooms: Rooms) -> None:
    rooms.submit(toy.solved())
    assert rooms.result().score == 12
    (rooms.suite / "double" / "misconceptions.py").write_text("this is no Python")
    assert rooms.result().score == 12 and len(rooms.graded) == 1


COUNTING = """
calls = 0
def double(x):
    global calls
    calls += 1
    return 2 * x
"""
USING = """
def stats(x, scale=1):
    return scale * x.mean() + calls, x.argmax()
"""


def test_no_exercise_meets_what_another_ones_tests_left_behind(rooms: Rooms) -> None:
    """Alone or after the others, an exercise gets the same score."""
    rooms.submit(toy.solved(double=COUNTING, stats=USING))
    together = rooms.result()
    assert together.exercise("stats").share == 1
    rooms.edit("stats", "The mean is scaled.", "The mean is multiplied.")
    assert rooms.result().exercise("stats").share == 1 and rooms.graded[1:] == [("stats",)]


def test_where_cells_compute_too_long_to_run_again_every_exercise_depends_on_all(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_CHEAP_CELLS", -1.0)
    rooms.submit(toy.solved(double=COUNTING, stats=USING))
    assert rooms.result().exercise("stats").share < 1, "it met what the tests of the exercise before it left"
    rooms.edit("layer", "The weight learns.", "The weight is learnt.")
    rooms.result()
    assert rooms.graded == [("everything",)] * 2


def test_the_keys_do_not_depend_on_who_grades(rooms: Rooms, worker: Worker) -> None:
    assignment = load_assignment(rooms.course, "toy")
    document = toy.document(toy.solved(double=TRIPLED))
    whole = rooms.result()
    assert grade(document, assignment, 0, worker).keys["stats"] == whole.keys["stats"]
    assert len({keys.score for keys in whole.keys.values()}) == 3


SUITES = sorted((Path(autograder.__file__).parent / "suites").glob("ch*"))


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_no_hidden_test_reads_another_exercises_room(suite: Path) -> None:
    """What `tests_digest` relies on: a test imports installed packages and what is public for tests, no other room,
    and opens no file by a path of its own."""
    for path in suite.rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: relative import"
                names = [node.module or ""]
            for name in names:
                assert not name.startswith(("autograder.suites", "test_")), f"{path} imports {name}"
                assert name.split(".")[0] not in ("importlib", "runpy", "os", "pathlib", "io"), (
                    f"{path} imports {name}"
                )
            if isinstance(node, ast.Name):
                assert node.id not in ("open", "__file__", "__import__", "exec", "eval"), (
                    f"{path} uses {node.id}"
                )
