"""The report as one HTML page that needs no network and runs nothing."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from autograder.gradebook.export import GRADED, NOT_HANDED_IN, WAITS
from autograder.report.figures import bin_label, difficulty_bars, histogram
from autograder.report.gather import Report
from autograder.report.statistics import BINS, Difficulty

TEMPLATES = Path(__file__).parent / "templates"
MOST_LEADS = 200
EASY, HARD, WEAK = 0.9, 0.4, 0.1
"""Mean shares above and below which an exercise is called easy and hard; correlation below which it stands alone."""


def page(report: Report, made: str) -> str:
    """The page.

    Args:
        made: when it was made, as people read it.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    bins = []
    if report.scores is not None:
        rows = zip(range(BINS), report.scores.final, report.scores.open, strict=True)
        bins = [(bin_label(at, report.scores.most), final, waiting) for at, final, waiting in rows]
    return environment.get_template("report.html.j2").render(
        report=report,
        made=made,
        css=(TEMPLATES / "report.css").read_text(encoding="utf-8"),
        bins=bins,
        histogram=histogram(report.scores) if report.scores is not None else "",
        bars=difficulty_bars(report.exercises) if report.exercises else "",
        graded=report.of(GRADED),
        waiting=report.of(WAITS),
        absent=report.of(NOT_HANDED_IN),
        leads=report.leads[:MOST_LEADS],
        remark=remark,
        called=lambda student: report.names.get(student, student),
    )


def remark(exercise: Difficulty) -> str:
    """What an instructor may want to know of an exercise's numbers, in words; often nothing."""
    said = []
    if exercise.share is not None and exercise.share >= EASY:
        said.append("nearly everybody has it")
    elif exercise.share is not None and exercise.share <= HARD:
        said.append("hard")
    found = exercise.discrimination
    if found is not None and found < 0:
        said.append("who does well elsewhere loses here: look at its card and tests")
    elif found is not None and found < WEAK:
        said.append("says little about the rest")
    return "; ".join(said)
