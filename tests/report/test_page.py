"""The page: for nobody, for one and for a thousand students; self-contained, escaped, readable without its figures."""

from __future__ import annotations

import random
import re
from html.parser import HTMLParser

import pytest

from autograder.gradebook.export import GRADED, NOT_HANDED_IN, WAITS, Line
from autograder.report.alike import Lead
from autograder.report.gather import Belief, Look, Report
from autograder.report.page import MOST_LEADS, page, remark
from autograder.report.statistics import Difficulty, difficulties, distribution

POINTS = {"conv2d": 12.0, "pooling": 8.0, "written_why": 5.0}
EVIL = '<script>alert("1")</script>'


def synthetic(count: int) -> Report:
    rng = random.Random(count)
    lines = []
    for number in range(count):
        skill = rng.random()
        exercises: dict[str, float | None] = {
            name: round(most * min(1.0, skill * rng.uniform(0.7, 1.3)), 2) for name, most in POINTS.items()
        }
        status = (GRADED, GRADED, GRADED, WAITS, NOT_HANDED_IN)[number % 5]
        values = {"assignment": "toy", "student_id": f"s{number:04}", "max_score": 25.0, "status": status}
        total = sum(score or 0.0 for score in exercises.values())
        if status == GRADED:
            values |= {"score": total, "late_submission_penalty": 0.5}
            values["days_late"] = 2 if number % 7 == 0 else None
        elif status == WAITS:
            exercises["written_why"] = None
            values |= {"score_so_far": total, "why": f"written_why: {EVIL}"}
        else:
            exercises = dict.fromkeys(exercises)
        lines.append(Line(values, exercises))
    final = [line.final for line in lines if line.final is not None]
    open_ = [line.values["score_so_far"] for line in lines if line.status == WAITS]
    students = tuple(line.student for line in lines)
    pairs = tuple(
        Lead((a, b), (("conv2d_solution", 0.93),), 80) for a, b in zip(students, students[1:], strict=False)
    )
    return Report(
        assignment="toy",
        due="2026-11-20 23:59 CET",
        names={student: f"Ada {EVIL} ({student})" for student in students},
        lines=tuple(lines),
        scores=distribution(final, open_, 25.0),
        exercises=tuple(difficulties([line.exercises for line in lines], POINTS)),
        beliefs=(Belief("conv2d", "flipped_kernel", "Does your kernel slide as it is?", students),)
        if count
        else (),
        looks=(Look(students[0], "pooling", "timeout", EVIL),) if count else (),
        notes=(),
        without_result=students[:8],
        leads=pairs,
        solutions={},
        skeleton={},
    )


class Reader(HTMLParser):
    """What a browser and a screen reader meet."""

    VOID = ("meta", "br", "rect", "line")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.headers: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        self.links += [str(value) for name, value in attrs if name in ("href", "src")]
        if tag == "th":
            self.headers.append(found)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize("count", [0, 1, 4, 1000])
def test_the_page_of_a_class(count: int) -> None:
    html = page(synthetic(count), "2026-11-28 10:00 CET")
    reader = Reader()
    reader.feed(html)
    assert not reader.open and len(set(reader.ids)) == len(reader.ids)
    assert all(link.startswith("#") and link[1:] in reader.ids for link in reader.links), "nothing is fetched"
    assert not {"script", "img", "link", "iframe", "object"} & set(reader.tags)
    assert "url(" not in html and "@import" not in html and EVIL not in html
    assert all(header.get("scope") for header in reader.headers)
    assert html.count("<svg") == html.count("<desc") == html.count('role="img"')
    assert "prefers-color-scheme:dark" in html and 'name="viewport"' in html
    assert len(html) < 1_500_000
    if count:
        assert html.count("<svg") == 2 and "flipped_kernel" in html
        shown = re.findall(
            r"<tr><th scope=\"row\">[\d.]+ to [\d.]+</th><td[^>]*>(\d+)</td><td[^>]*>(\d+)</td>", html
        )
        assert sum(int(a) + int(b) for a, b in shown) == sum(
            line.status != NOT_HANDED_IN for line in synthetic(count).lines
        ), "the table says what the figure shows"


def test_long_lists_are_folded_and_cut() -> None:
    html = page(synthetic(1000), "now")
    assert "<summary>1000 students</summary>" in html
    assert f"And {999 - MOST_LEADS} more pairs" in html
    assert html.count("conv2d_solution") == MOST_LEADS


def test_an_exercises_numbers_in_words() -> None:
    def said(share: float | None, found: float | None) -> str:
        return remark(Difficulty("x", 1.0, 9, share, 0, 0, found))

    assert said(0.95, 0.5) == "nearly everybody has it" and said(0.3, 0.5) == "hard" and said(0.6, 0.4) == ""
    assert "look at its card" in said(0.6, -0.1) and said(0.6, 0.05) == "says little about the rest"
    assert said(None, None) == ""
