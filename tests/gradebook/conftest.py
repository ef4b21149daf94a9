"""A course in a temporary folder with one small assignment, made and recorded by stock nbgrader."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.course import Course
from autograder.gradebook import JailedGrade, configure
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

    def submit(student: str, edit: Callable[[nbformat.NotebookNode], None] | None = None) -> Path:
        folder = course.submission_folder(student, ASSIGNMENT)
        if not folder.exists():
            shutil.copytree(course.release / ASSIGNMENT, folder)
        path = folder / f"{NOTEBOOK}.ipynb"
        if edit is not None:
            notebook = nbformat.read(path, as_version=4)
            edit(notebook)
            path.write_text(nbformat.v4.writes(notebook))
        return path

    return submit


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
