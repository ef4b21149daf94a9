"""The scan of a release: each kind of leak is planted and must be caught; a clean release must pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.authoring.chapter import Chapter, chapters
from autograder.authoring.leaks import scan
from tests.authoring.conftest import HIDDEN, MISTAKE

REPOSITORY = Path(__file__).parents[2]


def test_a_clean_release_passes(course):
    assert scan(course.release, course) == []


@pytest.mark.parametrize("chapter", chapters(REPOSITORY), ids=lambda chapter: chapter.id)
def test_the_repository_has_no_leak(chapter):
    assert scan(chapter.release, chapter) == []


def cell_of(notebook: dict[str, Any], grade_id: str) -> dict[str, Any]:
    cells: list[dict[str, Any]] = notebook["cells"]
    return next(cell for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def in_notebook(plant: Callable[[dict[str, Any]], Any]) -> Callable[[Chapter], None]:
    def edit(chapter: Chapter) -> None:
        path = chapter.release / "ch98_scale.ipynb"
        notebook = json.loads(path.read_text())
        plant(notebook)
        path.write_text(json.dumps(notebook))

    return edit


def append(grade_id: str, text: str) -> Callable[[Chapter], None]:
    def plant(notebook: dict[str, Any]) -> None:
        cell = cell_of(notebook, grade_id)
        cell["source"] = [*cell["source"], "\n" + text]

    return in_notebook(plant)


def file(name: str, content: bytes | str) -> Callable[[Chapter], None]:
    def write(chapter: Chapter) -> None:
        path = chapter.release / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    return write


def hidden_part(first: int, last: int) -> str:
    return "\n".join(HIDDEN.splitlines()[first:last])


PLANTS: dict[str, tuple[Callable[[Chapter], None], str]] = {
    "solution line in its cell": (
        append("scale_solution", "    enlarged = torch.mul(x, factor)"),
        "solution",
    ),
    "solution line in another cell": (append("demo_scale", "enlarged = torch.mul( x,factor )"), "solution"),
    "solution line as a comment": (append("demo_scale", "#   enlarged = torch.mul(x, factor)"), "solution"),
    "solution in the public tests": (file("test_public.py", "enlarged = torch.mul(x, factor)\n"), "solution"),
    "solution in a metadata value": (
        in_notebook(
            lambda n: (
                cell_of(n, "scale")["metadata"]["tags"].append("enlarged = torch.mul(x, factor)")
                if "tags" in cell_of(n, "scale")["metadata"]
                else cell_of(n, "scale")["metadata"].update(tags=["enlarged = torch.mul(x, factor)"])
            )
        ),
        "solution",
    ),
    "solution cell without a stub": (
        in_notebook(lambda n: cell_of(n, "scale_solution").update(source=["def scale(x): return x"])),
        "solution",
    ),
    "written answer": (
        append("written_why", "Because the derivative of a product with a constant is that constant."),
        "mark scheme",
    ),
    "solution marker": (append("scale_solution", "    ### BEGIN SOLUTION"), "marker"),
    "end marker, small": (append("scale_solution", "    # end solution"), "marker"),
    "mark-scheme marker": (append("written_why", "=== BEGIN MARK SCHEME ==="), "marker"),
    "hidden-test marker": (append("scale", "### BEGIN HIDDEN TESTS"), "marker"),
    "hidden test's line": (append("scale", "answer = student.scale(stretched, factor=-1.75)"), "hidden test"),
    "hidden test's body": (file("test_more.py", hidden_part(10, 16)), "hidden test"),
    "hidden suite": (file("test_scale.py", HIDDEN), "hidden test"),
    "import of the instructor's package": (
        append("demo_scale", "from autograder.testing import assert_close"),
        "hidden test",
    ),
    "misconception in full": (file("notes.md", MISTAKE), "hidden test"),
    "output": (
        in_notebook(
            lambda n: cell_of(n, "demo_scale").update(outputs=[{"output_type": "stream", "text": "x"}])
        ),
        "output",
    ),
    "execution count": (in_notebook(lambda n: cell_of(n, "demo_scale").update(execution_count=3)), "output"),
    "attachment": (
        in_notebook(lambda n: n["cells"][0].update(attachments={"a.png": {"image/png": "aGVsbG8="}})),
        "attachment",
    ),
    "cell metadata": (in_notebook(lambda n: cell_of(n, "scale")["metadata"].update(answer="42")), "metadata"),
    "notebook metadata": (in_notebook(lambda n: n["metadata"].update(jupytext={"a": "b"})), "metadata"),
    "pyc": (file("scale.pyc", b"\0\0"), "file type"),
    "cache": (file("__pycache__/test_public.cpython-311.pyc", b"\0"), "file type"),
    "checkpoint": (file(".ipynb_checkpoints/ch98_scale.ipynb", "{}"), "file type"),
    "unknown file type": (file("answers.zip", b"PK"), "file type"),
    "no file type": (file("answers", "x"), "file type"),
    "false picture": (file("figure.png", "enlarged = torch.mul(x, factor)"), "file type"),
    "no text": (file("notes.txt", b"\xff\xfe\x00"), "file type"),
    "broken notebook": (file("second.ipynb", '{"cells": [{}], "metadata": {}}'), "file type"),
    "link": (lambda chapter: (chapter.release / "a.md").symlink_to(chapter.public_tests), "file type"),
}


@pytest.mark.parametrize("name", PLANTS)
def test_each_planted_leak_is_caught(course, name):
    plant, kind = PLANTS[name]
    plant(course)
    assert kind in {leak.kind for leak in scan(course.release, course)}


def test_short_solution_lines_in_a_row_are_caught(course):
    lines = 'raise TypeError("scale takes a tensor")\nenlarged = torch.mul(x, factor)\nreturn enlarged'
    course.texts[0].write_text(course.texts[0].read_text() + f"\n# %%\n{lines}\n")  # given away by the author
    append("demo_scale", lines)(course)
    assert [leak.kind for leak in scan(course.release, course)] == ["solution"]


def test_an_empty_release_or_a_missing_suite_is_no_pass(course):
    for path in course.hidden_suite.rglob("test_*.py"):
        path.unlink()
    assert scan(course.release, course)
    assert scan(course.root / "nowhere", course)
