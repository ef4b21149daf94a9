"""The feedback page: points that are still to come, formulas, and that it needs no network."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI

from autograder.course import Course
from autograder.formulas import MOST_TEX, mathml
from autograder.gradebook.page import points
from autograder.grading.result import Result
from tests.gradebook.conftest import ASSIGNMENT, NOTEBOOK, Submit, make_result

Results = dict[str, Result | Exception]


def answer(notebook):
    notebook.cells[-1].source = "Because $a < b$:\n\n$$\\frac{1}{2}$$\n\nand `code`."


@pytest.fixture
def graded(course: Course, api: NbGraderAPI, submit: Submit, results: Results) -> Course:
    submit("ada", answer)
    results["ada"] = make_result(double=0.5, square=1.0)
    assert api.autograde(ASSIGNMENT, "ada")["success"]
    return course


def page(course: Course, api: NbGraderAPI) -> str:
    report = api.generate_feedback(ASSIGNMENT, force=True)
    assert report["success"], report
    return Path(course.feedback / "ada" / ASSIGNMENT / f"{NOTEBOOK}.html").read_text()


def test_an_answer_that_waits_for_its_grade_is_no_zero(graded: Course, api: NbGraderAPI) -> None:
    before = page(graded, api)
    assert "8 of 15 points" in before and "5 of the points wait for your instructor" in before
    entry = re.search(r'<li><a href="#written_why">written_why</a>(.*?)</li>', before)
    assert entry and "not graded yet" in entry[1] and "(5 points)" in entry[1]
    assert before.count("not graded yet") == 2  # in the contents, and above the answer
    assert '<a href="#double">double</a> 2 of 4 points' in before

    with Gradebook(f"sqlite:///{graded.gradebook}") as gradebook:
        grade = gradebook.find_grade("written_why", NOTEBOOK, ASSIGNMENT, "ada")
        grade.manual_score, grade.needs_manual_grade = 0, False
        gradebook.find_comment(
            "written_why", NOTEBOOK, ASSIGNMENT, "ada"
        ).manual_comment = "See **$T^\\top$**."
        gradebook.db.commit()
    after = page(graded, api)
    assert "not graded yet" not in after and "wait for your instructor" not in after
    assert "0 of 5 points" in after and "<strong><math" in after
    assert '<a href="#comment-written_why">a comment</a>' in after


def test_what_is_untouched_is_said_and_has_no_comment_to_follow(graded: Course, api: NbGraderAPI) -> None:
    html = page(graded, api)
    assert html.count("Nothing was written here.") == 2, "two code cells as they were handed out"
    assert "a comment" not in html and "No response." not in html


def test_the_page_has_the_students_name(graded: Course, api: NbGraderAPI) -> None:
    assert "<p>ada</p>" in page(graded, api)
    with Gradebook(f"sqlite:///{graded.gradebook}") as gradebook:
        gradebook.update_or_create_student("ada", first_name="Ada", last_name="<b>Lovelace")
    html = page(graded, api)
    assert "<p>Ada &lt;b&gt;Lovelace (ada)</p>" in html
    assert "<title>toy_lines: Ada &lt;b&gt;Lovelace (ada)</title>" in html


def test_the_page_needs_no_network(graded: Course, api: NbGraderAPI) -> None:
    html = page(graded, api)
    assert "<mfrac>" in html and "$" not in re.sub(r"<style>.*?</style>", "", html, flags=re.S)
    assert "<script" not in html
    assert not re.search(r'(src|href)="(https?:)?//', html) and "@import" not in html


def test_formulas_that_make_no_sense_stay_as_typed() -> None:
    for tex in (r"\frac{", "{" * 3000, "<b>" * MOST_TEX, r"\left("):
        shown = mathml(tex, "inline")
        assert shown.startswith("<code>") and "<b>" not in shown
    assert "<b>" not in mathml(r"\text{<b>bold</b>}", "inline")


@pytest.mark.parametrize(
    ("tex", "rows", "columns"),
    [
        (r"\begin{aligned} a &= b \\ &= c \end{aligned}", 2, 4),
        (r"\begin{aligned}[t] a &= b \\ &= c \end{aligned}", 2, 4),
        (r"x = \left\{\begin{aligned} a &= b \\ c &= d \end{aligned}\right.", 2, 4),
        (r"\begin{alignedat}{2} a &= b & c &= d \end{alignedat}", 1, 4),
        (r"\begin{gathered} a = b \\ c = d \end{gathered}", 2, 2),
        (r"\begin{gather*} a \\ b \\ c \end{gather*}", 3, 3),
        (r"\begin{multline} a \\ b \end{multline}", 2, 2),
        (r"\begin{eqnarray} a &=& b \\ c &=& d \end{eqnarray}", 2, 6),
        (r"\begin{cases} a & b \\ c & d \end{cases}", 2, 4),
    ],
)
def test_formulas_of_several_lines_have_rows_and_columns(tex: str, rows: int, columns: int) -> None:
    shown = mathml(tex, "block")
    assert (shown.count("<mtr"), shown.count("<mtd")) == (rows, columns)
    assert "<mi>&" not in shown and "newline" not in shown and "{" not in shown.replace("&#x0007B;", "")


def test_points_as_people_write_them() -> None:
    assert [points(value) for value in (0, 3.4713, 12.0, 0.5)] == ["0", "3.47", "12", "0.5"]
