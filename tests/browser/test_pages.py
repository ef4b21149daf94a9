"""The report on a class, opened from a file: no network, light and dark, on a phone."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Literal

from autograder.report.gather import Belief, Look, Report
from autograder.report.page import page as report_page
from tests.browser.conftest import Camera, Seen
from tests.report.test_page import synthetic

NAMES = ("Ada Lovelace", "Zoë Ωmega", "Ben Brown", "Min Cho", "Di Dee", "Gert Gustafsson", "Fia Fay")
THEMES: tuple[Literal["light", "dark"], ...] = ("dark", "light")


def look_at(seen: Seen, camera: Camera, path: Path, name: str) -> dict[str, list[str]]:
    """Open a file in both themes; the colours of its text and of what is behind it, by theme."""
    shown: dict[str, list[str]] = {}
    seen.page.set_viewport_size({"width": 1000, "height": 1100})
    for theme in THEMES:
        seen.in_theme(theme)
        seen.page.goto(path.as_uri())
        body = "getComputedStyle(document.body)"
        shown[theme] = seen.page.evaluate(f"[{body}.color, {body}.backgroundColor]")
        assert seen.overflow() == 0, theme
        camera.take(seen.page, f"{name}-dark" if theme == "dark" else name)
    return shown


def test_the_report(seen: Seen, camera: Camera, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(report_page(readable(synthetic(40)), "2026-11-28 10:00 CET"), encoding="utf-8")
    shown, page = look_at(seen, camera, path, "report"), seen.page
    assert shown["light"] != shown["dark"], "the page follows the reader's theme"
    text = page.locator("body").inner_text()
    assert "kernel_flipped" in text and NAMES[1] in text
    seen.on_a_phone()
    assert seen.overflow() == 0, "a phone scrolls in one direction"
    assert seen.outside == [] and seen.dialogs == []


def test_the_report_runs_nothing_that_a_student_wrote(seen: Seen, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(report_page(synthetic(40), "now"), encoding="utf-8")
    seen.page.goto(path.as_uri())
    assert '<script>alert("1")</script>' in seen.page.locator("body").inner_text()
    assert seen.page.locator("script").count() == 0 and seen.dialogs == []


def readable(report: Report) -> Report:
    """The invented class with names and reasons as real ones are."""
    students = list(report.names)
    lines = []
    for line in report.lines:
        why = {"why": "written_why: to be graded by hand"} if "why" in line.values else {}
        lines.append(dataclasses.replace(line, values=line.values | why))
    hint = "Deep learning's convolution is a cross-correlation: which tap meets the first number of a window?"
    beliefs = (
        Belief("conv2d", "kernel_flipped", hint, tuple(students[2:9])),
        Belief("pooling", "padding_wins", "What is the largest of no numbers?", tuple(students[20:23])),
    )
    return dataclasses.replace(
        report,
        names={
            student: f"{NAMES[at % len(NAMES)]} {at // len(NAMES) + 1}" for at, student in enumerate(students)
        },
        lines=tuple(lines),
        beliefs=beliefs,
        looks=(Look(students[4], "pooling", "timeout", "the call took more than 10 CPU seconds"),),
        notes=(
            (
                students[7],
                "Graded is `pooling (1).ipynb`, which was handed in where pooling.ipynb was asked for.",
            ),
        ),
        leads=report.leads[:3],
        without_result=(),
    )
