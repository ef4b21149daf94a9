"""`autograder report`: one page on how an assignment went in a class."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from autograder.course import Course, CourseError
from autograder.course.deadlines import read_deadlines
from autograder.report.alike import lead_texts
from autograder.report.gather import gather
from autograder.report.page import page

SKELETON = "skeleton"


def run_report(
    course: Course, assignment: str, to: Path | None = None, leads_to: Path | None = None
) -> list[str]:
    """Write the page, and for ``leads_to`` each student's code; returns what to print.

    Raises:
        CourseError: the gradebook or the assignment cannot be used, a folder is missing, or ``leads_to`` holds files;
            then nothing is written.
    """
    target = to or Path(f"report-{assignment}.html")
    if not target.resolve().parent.is_dir():
        raise CourseError(f"the folder {target.resolve().parent} does not exist; make it first")
    if leads_to is not None and leads_to.exists() and (not leads_to.is_dir() or any(leads_to.iterdir())):
        raise CourseError(f"{leads_to} is not an empty folder: name one that is empty or new for --leads-to")
    report = gather(course, assignment)
    made = read_deadlines(course).local(datetime.now(UTC))
    target.write_text(page(report, made), encoding="utf-8")
    lines = [report.summary(), f"report: {target}"]
    if leads_to is not None:
        _write_texts(leads_to, lead_texts(report.solutions, report.skeleton))
        _write_texts(leads_to / SKELETON, lead_texts({SKELETON: report.skeleton}, report.skeleton))
        lines.append(
            f"code: {len(report.solutions)} files in {leads_to}, the skeleton in {leads_to / SKELETON} "
            "(JPlag: --base-code, Dolos: --ignore)"
        )
    return lines


def _write_texts(folder: Path, texts: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for student, text in texts.items():
        (folder / f"{student}.py").write_text(text, encoding="utf-8")
