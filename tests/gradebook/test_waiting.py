"""A submission that no machine graded can be opened in formgrader, and says what was found and what to do."""

from __future__ import annotations

import json
import os
from pathlib import Path

import nbformat
import pytest
from nbgrader.apps import NbGraderAPI

from autograder.course import Course
from autograder.gradebook.config import configure
from autograder.gradebook.gradebook import read_grades
from autograder.gradebook.record import Recorder
from autograder.gradebook.waiting import MOST_FILES, reasons_in
from autograder.grading.result import Result
from tests.gradebook.conftest import ASSIGNMENT, NOTEBOOK, Submit, cell_of, make_result

WHY = f"it holds Untitled1.ipynb where {NOTEBOOK}.ipynb was asked for"


def rename(path: Path, name: str = "Untitled1.ipynb") -> None:
    path.rename(path.with_name(name))


def page_of(course: Course, student: str) -> nbformat.NotebookNode:
    return nbformat.read(course.autograded / student / ASSIGNMENT / f"{NOTEBOOK}.ipynb", as_version=4)


def answer(notebook: nbformat.NotebookNode) -> None:
    cell_of(notebook, "double_solution").source = "def double(x):\n    return x + x"
    cell_of(notebook, "double").source = "print('4 of 4 points')"
    cell_of(notebook, "written_why").source = "Because <script>alert(1)</script>"


def test_a_renamed_notebook_stands_under_manual_grading(
    course: Course, api: NbGraderAPI, submit: Submit
) -> None:
    path = submit("eve", answer)
    (path.parent / "timestamp.txt").write_text("2026-11-28 09:30:00 UTC")
    rename(path)
    Recorder(course).queue(ASSIGNMENT, "eve", WHY)
    (listed,) = api.get_notebook_submissions(ASSIGNMENT, NOTEBOOK)
    assert listed["student"] == "eve" and listed["needs_manual_grade"]
    assert list(api.get_notebook_submission_indices(ASSIGNMENT, NOTEBOOK)) == [listed["id"]]
    assert api.get_autograded_students(ASSIGNMENT) == {"eve"}
    assert all(grade.auto is None for grade in read_grades(api.coursedir.db_url, ASSIGNMENT, "eve").values())


def test_its_page_shows_what_was_found_and_what_to_do(course: Course, submit: Submit) -> None:
    rename(submit("eve", answer))
    Recorder(course).queue(ASSIGNMENT, "eve", WHY)
    page = page_of(course, "eve")
    intro = page.cells[0].source
    assert WHY in intro and "    Untitled1.ipynb" in intro
    assert f"rename the notebook in `submitted/` to `{NOTEBOOK}.ipynb`" in intro
    assert f"autograder grade {ASSIGNMENT}" in intro and "give the points here by hand" in " ".join(
        intro.split()
    )
    assert "return x + x" in cell_of(page, "double_solution").source
    assert cell_of(page, "double").source == "check('double')"
    outputs = [output for cell in page.cells for output in cell.get("outputs", [])]
    assert outputs and {output.output_type for output in outputs} == {"stream"}
    assert all("not a zero" in output.text and "0.0" not in output.text for output in outputs)


def test_points_given_there_by_hand_stay(course: Course, api: NbGraderAPI, submit: Submit) -> None:
    rename(submit("eve"))
    recorder = Recorder(course)
    recorder.queue(ASSIGNMENT, "eve", WHY)
    with api.gradebook as gradebook:
        gradebook.find_grade("double", NOTEBOOK, ASSIGNMENT, "eve").manual_score = 3.0
        gradebook.db.commit()
    recorder.queue(ASSIGNMENT, "eve", WHY)
    assert recorder.grades(ASSIGNMENT, "eve")["double"].manual == 3.0


def test_the_page_goes_once_the_notebook_is_there(
    course: Course, submit: Submit, results: dict[str, Result | Exception]
) -> None:
    path = submit("eve")
    rename(path)
    recorder = Recorder(course)
    recorder.queue(ASSIGNMENT, "eve", WHY)
    assert set(reasons_in(course, ASSIGNMENT, "eve")) == {"double", "square"}
    path.with_name("Untitled1.ipynb").rename(path)
    results["eve"] = make_result(double=1.0, square=0.5)
    assert recorder.record(ASSIGNMENT, "eve") is None
    assert page_of(course, "eve").cells[0].source == "from selfcheck import check"
    assert recorder.grades(ASSIGNMENT, "eve")["double"].auto == 4.0
    assert reasons_in(course, ASSIGNMENT, "eve") == {}


def test_its_student_reads_no_secret_and_runs_nothing(
    course: Course, api: NbGraderAPI, submit: Submit
) -> None:
    path = submit("eve", answer)
    rename(path, "<img src=x onerror=alert(1)>.ipynb")
    Recorder(course).queue(ASSIGNMENT, "eve", "it holds <img src=x onerror=alert(1)>.ipynb")
    assert api.generate_feedback(ASSIGNMENT)["success"]
    page = (course.feedback / "eve" / ASSIGNMENT / f"{NOTEBOOK}.html").read_text()
    assert "not a zero" in page and "SECRET" not in page
    assert "<script>alert(1)</script>" not in page and "<img src=x" not in page


@pytest.mark.parametrize("spoilt", ["two", "none", "link", "broken", "folder", "many"])
def test_whatever_lies_there_has_a_page(course: Course, submit: Submit, tmp_path: Path, spoilt: str) -> None:
    path = submit("eve", answer)
    aside = tmp_path / "aside.ipynb"
    aside.write_bytes(path.read_bytes().replace(b"x + x", b"THE INSTRUCTOR'S"))
    folder = path.parent
    match spoilt:
        case "two":
            (folder / "Untitled2.ipynb").write_bytes(path.read_bytes())
            rename(path)
        case "none":
            path.unlink()
        case "link":
            path.unlink()
            path.symlink_to(aside)
        case "broken":
            path.write_bytes(b"{")
            rename(path)
        case "folder":
            path.unlink()
            path.mkdir()
        case "many":
            for number in range(2 * MOST_FILES):
                (folder / f"plot{number}\n.png").touch()
    Recorder(course).queue(ASSIGNMENT, "eve", "it was spoilt")
    page = page_of(course, "eve")
    text = nbformat.writes(page)
    assert "it was spoilt" in page.cells[0].source and "THE INSTRUCTOR'S" not in text
    assert {cell_of(page, name).outputs[0].output_type for name in ("double", "square")} == {"stream"}
    assert ("return x + x" in text) == (spoilt == "many")
    assert len(page.cells[0].source.splitlines()) < MOST_FILES + 20


def test_a_page_is_never_written_through_a_link(course: Course, submit: Submit, tmp_path: Path) -> None:
    rename(submit("eve"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    course.autograded.mkdir(exist_ok=True)
    (course.autograded / "eve").symlink_to(elsewhere)
    Recorder(course).queue(ASSIGNMENT, "eve", WHY)
    assert list(elsewhere.iterdir()) == []


def test_what_the_jail_could_not_grade_says_why(
    course: Course, submit: Submit, results: dict[str, Result | Exception]
) -> None:
    submit("eve")
    results["eve"] = RuntimeError("the jail did not start")
    assert Recorder(course).record(ASSIGNMENT, "eve") is None
    page = page_of(course, "eve")
    assert [output.output_type for output in cell_of(page, "double").outputs] == ["stream"]
    assert "grader failed" in reasons_in(course, ASSIGNMENT, "eve")["double"]
    assert json.loads(json.dumps(page))["metadata"]


def test_a_second_grader_by_nbgrader_waits_its_turn(
    course: Course, submit: Submit, results: dict[str, Result | Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """formgrader's button and ``nbgrader autograde`` do not write while ``autograder grade`` does."""
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    from autograder.course.lock import grading_lock
    from autograder.gradebook import submission

    monkeypatch.setattr(submission, "PATIENCE", 0.3)
    submit("ada")
    results["ada"] = make_result(double=1.0, square=1.0)
    config = Config()
    configure(config, course.root)
    button = NbGraderAPI(CourseDirectory(config=config), config=config)
    with grading_lock(course.root):
        report = button.autograde(ASSIGNMENT, "ada")
        assert not report["success"] and f"process {os.getpid()}" in report["log"]
        assert not (course.autograded / "ada").exists()
        assert Recorder(course).record(ASSIGNMENT, "ada") is None  # it belongs to the holder
    assert button.autograde(ASSIGNMENT, "ada")["success"]
    with grading_lock(course.root, wait=False):  # and it is given back
        pass
