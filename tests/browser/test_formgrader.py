"""An instructor in formgrader: the grading button, a renamed notebook, one that waits, and points given by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from nbgrader.api import Gradebook

from autograder.course import Course
from bench.course import ASSIGNMENT, NOTEBOOK
from tests.browser.conftest import Camera, Seen
from tests.browser.servers import formgrader, own_home
from tests.gradebook.twenty import WRITTEN, make_class_course, the_class

BY_BUTTON, RENAMED, WAITS = "ada", "ben", "ivy"


def run(course: Course, home: Path, *command: str) -> int:
    """A command in a process of its own: Playwright keeps an event loop in this one."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=course.root,
        env=own_home(home),
        capture_output=True,
        timeout=240,
    )
    return done.returncode


def ready_course(root: Path, home: Path) -> Course:
    """ada has handed in; ben's notebook has another name and ivy has handed in two, and these are graded."""
    course = make_class_course(root)
    assert run(course, home, "nbgrader", "generate_assignment", ASSIGNMENT) == 0
    for student in the_class(course):
        if student.login in (BY_BUTTON, RENAMED, WAITS):
            folder = course.submission_folder(student.login, ASSIGNMENT)
            folder.mkdir(parents=True)
            for name, content in student.files.items():
                (folder / name).write_bytes(content)
    others = ["--student", RENAMED, "--student", WAITS, "--jobs", "1"]
    assert run(course, home, "autograder", "grade", ASSIGNMENT, *others) == 2, "one waits"
    return course


def test_an_instructor_grades_in_formgrader(seen: Seen, camera: Camera, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    course = ready_course(tmp_path / "dl", home)
    page = seen.page
    with formgrader(course.root, home) as address:
        base = f"http://{urlsplit(address).netloc}"
        page.goto(address)  # the token is a cookie from here on

        # The button.
        page.goto(f"{base}/formgrader/manage_submissions/{ASSIGNMENT}")
        row = page.locator("#main-table tr", has=page.locator("td.student-id", has_text=BY_BUTTON))
        assert "needs autograding" in row.inner_text()
        row.locator(".autograde a").click()
        page.locator("#success-modal").wait_for()
        page.locator("#success-modal .btn-primary, #success-modal [data-dismiss=modal]").first.click()
        row.locator(".status", has_text="needs manual grading").wait_for()
        assert "20 / 25" in row.inner_text()

        # Manual grading lists all three, the renamed notebook and the one that waits among them.
        page.goto(f"{base}/formgrader/gradebook/{ASSIGNMENT}/{NOTEBOOK}")
        page.locator("#main-table .name a").first.wait_for(state="attached")
        links = {
            link.inner_text() or link.text_content() or "": link.get_attribute("href") or ""
            for link in page.locator("#main-table .name a.name-shown").all()
        }
        assert set(links) == {BY_BUTTON, RENAMED, WAITS}
        camera.take(page, "formgrader-list")

        page.goto(base + links[RENAMED])
        assert "my homework.ipynb" in page.locator("body").inner_text(), "the note says what was graded"
        page.goto(base + links[WAITS])
        said = page.locator("body").inner_text()
        assert "several notebooks with work in them" in said and "If you are the instructor" in said

        # Points for the written answer.
        page.goto(base + links[BY_BUTTON])
        box = page.locator(f"#{WRITTEN}")
        box.scroll_into_view_if_needed()
        page.wait_for_function(
            f"document.getElementById('{WRITTEN}').classList.contains('needs_manual_grade')"
        )
        with page.expect_response(lambda answer: "/formgrader/api/grade/" in answer.url) as saved:
            box.fill("4")
            page.keyboard.press("Tab")
        assert saved.value.ok
        camera.take(page, "formgrader")
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        grade = gradebook.find_grade(WRITTEN, NOTEBOOK, ASSIGNMENT, BY_BUTTON)
        assert (grade.manual_score, grade.needs_manual_grade) == (4.0, False)
        assert gradebook.find_submission(ASSIGNMENT, BY_BUTTON).score == 24.0
    assert seen.dialogs == []
