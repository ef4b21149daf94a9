"""A course in a temporary folder with one small assignment, made and recorded by stock nbgrader."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.course import Course
from autograder.gradebook import JailedGrade, configure
from autograder.gradebook.record import Recorder
from autograder.grading.result import ExerciseResult, JailRecord, Result, TestResult, Verdict

ASSIGNMENT, NOTEBOOK = "toy", "toy_lines"


def marks(grade_id: str, **flags: object) -> dict[str, object]:
    base = {
        "grade": False,
        "grade_id": grade_id,
        "locked": False,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }
    return {"nbgrader": {**base, **flags}}


def source_notebook() -> nbformat.NotebookNode:
    def exercise(name: str, points: int) -> list[nbformat.NotebookNode]:
        body = f"def {name}(x):\n    ### BEGIN SOLUTION\n    return 'SECRET ANSWER'\n    ### END SOLUTION\n"
        return [
            new_code_cell(body, metadata=marks(f"{name}_solution", solution=True)),
            new_code_cell(f"check('{name}')", metadata=marks(name, grade=True, locked=True, points=points)),
        ]

    return new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        cells=[
            new_code_cell("from selfcheck import check", metadata=marks("given_imports", locked=True)),
            *exercise("double", 4),
            new_code_cell("while True: pass", metadata={**marks("demo_plot", locked=True), "tags": ["demo"]}),
            *exercise("square", 6),
            new_markdown_cell(
                "Why?\n\n=== BEGIN MARK SCHEME ===\nSECRET SCHEME\n=== END MARK SCHEME ===",
                metadata=marks("written_why", grade=True, solution=True, points=5),
            ),
        ],
    )


@pytest.fixture
def course(tmp_path: Path, template: Path) -> Course:
    """source/toy, its release and gradebook entry; no submissions yet."""
    shutil.copytree(template, tmp_path / "a course")
    return Course(tmp_path / "a course")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = Course(tmp_path_factory.mktemp("template"))
    folder = course.source / ASSIGNMENT
    folder.mkdir(parents=True)
    nbformat.write(source_notebook(), folder / f"{NOTEBOOK}.ipynb")
    (folder / "test_public.py").write_text("def test_public(student): ...\n")
    (course.root / "nbgrader_config.py").write_text(
        "from pathlib import Path\n"
        "from autograder.gradebook import configure\n"
        "configure(get_config(), root=Path(__file__).parent)\n"
        "c.CourseDirectory.course_id = 'dl'\n"
    )
    report = api_of(course).generate_assignment(ASSIGNMENT)
    assert report["success"], report
    return course.root


def api_of(course: Course, **options: object) -> NbGraderAPI:
    config = Config()
    configure(config, course.root)
    config.JailedGrade.update(options)
    return NbGraderAPI(CourseDirectory(config=config), config=config)


@pytest.fixture
def api(course: Course) -> NbGraderAPI:
    return api_of(course)


Submit = Callable[..., Path]


@pytest.fixture
def submit(course: Course) -> Submit:
    """Copy the release into a student's submission, with solution cells replaced; returns the notebook's
    path."""
    return functools.partial(hand_in, course)


def hand_in(
    course: Course, student: str, edit: Callable[[nbformat.NotebookNode], None] | None = None
) -> Path:
    folder = course.submission_folder(student, ASSIGNMENT)
    if not folder.exists():
        shutil.copytree(course.release / ASSIGNMENT, folder)
    path = folder / f"{NOTEBOOK}.ipynb"
    if edit is not None:
        notebook = nbformat.read(path, as_version=4)
        edit(notebook)
        path.write_text(nbformat.v4.writes(notebook))
    return path


def cell_of(notebook: nbformat.NotebookNode, grade_id: str) -> nbformat.NotebookNode:
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def make_result(verdict: Verdict = Verdict.PASSED, notes: tuple[str, ...] = (), **shares: float) -> Result:
    points = {"double": 4.0, "square": 6.0}
    return Result(
        key="k",
        assignment=ASSIGNMENT,
        notebook=NOTEBOOK,
        submission_digest="s",
        suite_digest="t",
        environment_digest="e",
        seed=0,
        jail=JailRecord(backend="none"),
        verdict=verdict,
        notes=notes,
        exercises=tuple(
            ExerciseResult(
                id=name,
                points=points[name],
                share=share,
                verdict=Verdict.PASSED if share == 1 else Verdict.FAILED,
                tests=(
                    TestResult(
                        name="test_hidden_name",
                        statement=f"{name} is right.",
                        weight=1.0,
                        verdict=Verdict.PASSED if share == 1 else Verdict.FAILED,
                        message="" if share == 1 else "<b>differs</b> at (0, 1)",
                        hint="" if share == 1 else "Look again.",
                    ),
                ),
            )
            for name, share in shares.items()
        ),
    )


@pytest.fixture
def results(monkeypatch: pytest.MonkeyPatch) -> dict[str, Result | Exception]:
    """What the jail would find, by student; an exception is raised as the grader's own fault."""
    found: dict[str, Result | Exception] = {}

    def find(self: JailedGrade, course: Course, assignment: str, student: str, document: bytes) -> Result:
        result = found[student]
        if isinstance(result, Exception):
            raise result
        return result

    monkeypatch.setattr(JailedGrade, "find", find)
    return found


def by_hand(course: Course, student: str, *, extra: dict[str, float] | None = None, **scores: float) -> None:
    """Give points and extra credit as a person does in formgrader."""
    with Gradebook(Recorder(course).db_url) as gradebook:
        for name, score in scores.items():
            grade = gradebook.find_grade(name, NOTEBOOK, ASSIGNMENT, student)
            grade.manual_score, grade.needs_manual_grade = score, False
        for name, credit in (extra or {}).items():
            gradebook.find_grade(name, NOTEBOOK, ASSIGNMENT, student).extra_credit = credit
        gradebook.db.commit()


@pytest.fixture(scope="session")
def graded_once(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Path:
    """One final grade, a real zero, an unread answer, a fault of the grader, a renamed notebook, one not graded, one
    not handed in."""
    course = Course(tmp_path_factory.mktemp("graded") / "a course")
    shutil.copytree(template, course.root)
    recorder = Recorder(course)
    outcomes = {
        "ada": make_result(double=1.0, square=0.5),
        "nil": make_result(double=0.0, square=0.0),
        "zoe": make_result(double=1.0, square=1.0),
        "kim": make_result(Verdict.NOT_GRADABLE, ("The jail was lost.",)),
    }
    for student, outcome in outcomes.items():
        because = lambda nb: nb.cells[-1].update(source="Because.")  # noqa: E731
        hand_in(course, student, because if student == "zoe" else None)
        assert recorder.record(ASSIGNMENT, student, outcome) is None
    by_hand(course, "ada", written_why=5.0)
    by_hand(course, "nil", written_why=0.0)
    path = hand_in(course, "eve")
    path.rename(path.with_name("Untitled1.ipynb"))
    recorder.queue(ASSIGNMENT, "eve", "it holds Untitled1.ipynb")
    hand_in(course, "new")
    with Gradebook(recorder.db_url) as gradebook:
        gradebook.add_student("out", first_name="=1+1", last_name='O"Hara, Ada')
    return course.root


@pytest.fixture
def graded(graded_once: Path, tmp_path: Path) -> Course:
    """A copy of `graded_once` that a test may change."""
    shutil.copytree(graded_once, tmp_path / "graded")
    return Course(tmp_path / "graded")


@pytest.fixture(scope="session")
def entered_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same class, its scores written into a gradebook by hand: nothing is released and nothing converted."""
    course = Course(tmp_path_factory.mktemp("entered") / "a course")
    (course.source / ASSIGNMENT).mkdir(parents=True)
    nbformat.write(source_notebook(), course.source / ASSIGNMENT / f"{NOTEBOOK}.ipynb")
    for student in ("ada", "nil", "zoe", "kim", "eve", "new"):
        course.submission_folder(student, ASSIGNMENT).mkdir(parents=True)
    cells = {"double": (4.0, "code"), "square": (6.0, "code"), "written_why": (5.0, "markdown")}
    scores: dict[str, tuple[float | None, ...]] = {
        "ada": (4.0, 3.0, 5.0),
        "nil": (0.0, 0.0, 0.0),
        "zoe": (4.0, 6.0, None),
        "kim": (None, None, 0.0),
        "eve": (None, None, None),
    }
    configure(Config(), course.root)  # which puts alembic on PATH
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT)
        gradebook.update_or_create_notebook(NOTEBOOK, ASSIGNMENT)
        for name, (points, kind) in cells.items():
            gradebook.update_or_create_grade_cell(
                name, NOTEBOOK, ASSIGNMENT, max_score=points, cell_type=kind
            )
        for student, own in scores.items():
            gradebook.add_student(student)
            gradebook.add_submission(ASSIGNMENT, student)
            for name, score in zip(cells, own, strict=True):
                grade = gradebook.find_grade(name, NOTEBOOK, ASSIGNMENT, student)
                grade.auto_score, grade.needs_manual_grade = score, score is None
        gradebook.add_student("out", first_name="=1+1", last_name='O"Hara, Ada')
        gradebook.db.commit()
    return course.root


@pytest.fixture
def entered(entered_once: Path, tmp_path: Path) -> Course:
    """A copy of `entered_once` that a test may change."""
    shutil.copytree(entered_once, tmp_path / "entered")
    return Course(tmp_path / "entered")
