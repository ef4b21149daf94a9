"""The feedback page on a telephone: nothing stands beyond 400 pixels. Measured by a browser, where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI

from autograder.course import Course
from autograder.grading.result import Result
from tests.gradebook.conftest import ASSIGNMENT, NOTEBOOK, Submit, cell_of, make_result

Results = dict[str, Result | Exception]
WIDTH = 400
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDE = (
    "a_name_of_more_than_a_hundred_letters_" * 4
    + "\n\n| "
    + " | ".join(f"column{n}" for n in range(20))
    + " |\n|"
    + "---|" * 20
    + "\n| "
    + " | ".join("1234567" for _ in range(20))
    + " |\n\n$$"
    + " + ".join(f"x_{{{n}}}^2" for n in range(60))
    + "$$\n\nand $"
    + " + ".join(f"y_{{{n}}}" for n in range(60))
    + "$\n\n![a plot](data:image/svg+xml;base64,"
    + "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSI5MDAiIGhlaWdodD0iOSIvPg==)"
)
FRAME = """<iframe src="{page}" width="{width}" height="800" style="border:0" onload="
const page = this.contentDocument.documentElement; document.title = 'beyond ' + (page.scrollWidth - page.clientWidth)
"></iframe>"""


@pytest.mark.skipif(BROWSER is None, reason="needs chromium, to lay out a page")
def test_nothing_is_wider_than_a_telephone(
    course: Course, api: NbGraderAPI, submit: Submit, results: Results, tmp_path: Path
) -> None:
    def answer(notebook: nbformat.NotebookNode) -> None:
        cell_of(notebook, "written_why").source = WIDE
        cell_of(notebook, "double_solution").source = f"def double(x):\n    return {' + '.join(['x'] * 80)}"

    submit("ada", answer)
    results["ada"] = make_result(notes=("a" * 200,), double=0.5, square=1.0)
    assert api.autograde(ASSIGNMENT, "ada")["success"]
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        gradebook.update_or_create_student("ada", first_name="Ada", last_name="L" * 120)
    assert api.generate_feedback(ASSIGNMENT, force=True)["success"]
    page = course.feedback / "ada" / ASSIGNMENT / f"{NOTEBOOK}.html"
    assert beyond(page, tmp_path) == 0


def beyond(page: Path, folder: Path) -> int:
    """By how many pixels the page is wider than its frame."""
    frame = folder / "frame.html"
    frame.write_text(FRAME.format(page=page.as_uri(), width=WIDTH))
    command = [
        str(BROWSER),
        *("--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", "--dump-dom"),
        *(f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=5000"),
        frame.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    found = re.search(r"<title>beyond (\d+)</title>", done.stdout)
    assert found, done.stdout[:2000] + done.stderr[-2000:]
    return int(found[1])
