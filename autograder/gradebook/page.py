"""The feedback page: the student's notebook with verdicts and points, in one file that needs no network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import GetGrades

from autograder.course import CourseError
from autograder.course.deadlines import read_deadlines
from autograder.formulas import FormulaRenderer
from autograder.gradebook.lateness import course_of, lateness_of
from autograder.gradebook.markup import rendered

TEMPLATES = Path(__file__).parent / "templates"


class PageGrades(GetGrades):
    """nbgrader's step that fetches the grades, which also tells a score of 0 from one that is still to come."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        nb, resources = super().preprocess(nb, resources)
        marked = [cell.metadata.get("nbgrader", {}) for cell in nb.cells]
        resources["nbgrader"]["pending"] = sum(marks["points"] for marks in marked if marks.get("pending"))
        self._tell_lateness(resources["nbgrader"])
        resources["nbgrader"]["name"] = self._name(resources["nbgrader"])
        return nb, resources

    def _name(self, page: dict[str, Any]) -> str:
        """The student as the roster has them, and their id."""
        with Gradebook(page["db_url"]) as gradebook:
            student = gradebook.find_student(page["student"])
            name = " ".join(part for part in (student.first_name, student.last_name) if part)
        return f"{name} ({page['student']})" if name else str(page["student"])

    def _tell_lateness(self, page: dict[str, Any]) -> None:
        """The penalty of the score that stands now; the one that nbgrader stored where the deadlines cannot be read."""
        page["lateness"] = f"late submission: {points(page['late_penalty'])} points less" * bool(
            page["late_penalty"]
        )
        try:
            deadlines = read_deadlines(course_of(self.parent))
        except CourseError as error:
            self.log.error("%s", error)
            return
        with Gradebook(page["db_url"]) as gradebook:
            names = page["assignment"], page["student"]
            notebook = gradebook.find_submission_notebook(page["notebook"], *names)
            late = lateness_of(deadlines, gradebook.find_submission(*names), [notebook])
            page |= {
                "score": notebook.score - late.penalty,
                "late_penalty": late.penalty,
                "lateness": late.sentence,
            }

    def _get_comment(self, cell: NotebookNode, resources: Any) -> None:
        """A person's comment; nbgrader's own says only that nothing was written, and is told apart."""
        marks = cell.metadata["nbgrader"]
        comment = self.gradebook.find_comment(
            marks["grade_id"], self.notebook_id, self.assignment_id, self.student_id
        )
        marks["comment"] = comment.manual_comment
        marks["unanswered"] = not comment.manual_comment and bool(comment.auto_comment)

    def _get_score(self, cell: NotebookNode, resources: Any) -> None:
        super()._get_score(cell, resources)
        marks = cell.metadata["nbgrader"]
        grade = self.gradebook.find_grade(
            marks["grade_id"], self.notebook_id, self.assignment_id, self.student_id
        )
        marks["pending"] = (
            grade.needs_manual_grade and grade.auto_score is None and grade.manual_score is None
        )


class FeedbackPage(HTMLExporter):
    """nbconvert's exporter for `nbgrader generate_feedback`."""

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        yield from super().default_filters()
        yield "markdown2html", self.markdown2html
        yield "points", points

    @pass_context
    def markdown2html(self, context: Context, source: str) -> str:
        """Markdown as HTML that runs nothing, formulas as MathML; attachments as nbconvert's own filter has them."""
        renderer = FormulaRenderer(
            escape=False,
            attachments=context.get("cell", {}).get("attachments", {}),
            embed_images=self.embed_images,
            path=context.get("resources", {}).get("metadata", {}).get("path", ""),
            exclude_anchor_links=True,
            **self.lexer_options,
        )
        return rendered(source, renderer)


def points(value: float) -> str:
    """Points as people write them: at most two decimals, and none that are zero."""
    return f"{float(value):.2f}".rstrip("0").rstrip(".")
