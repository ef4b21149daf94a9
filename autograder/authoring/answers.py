"""`autograder answers`: the solved notebook, run from the top, as notebook and as a page to hand out or print."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import MarkdownWithMath

from autograder.authoring.build import given_files
from autograder.authoring.chapter import Chapter
from autograder.authoring.execute import execute
from autograder.authoring.notebooks import from_text
from autograder.formulas import FormulaRenderer

_TEMPLATES = Path(__file__).parent / "templates"

_MARKER_LINE = re.compile(r"^[ \t]*(###[ \t]*)?(BEGIN|END) (SOLUTION|MARK SCHEME)[ \t]*$\n?", re.MULTILINE)


class AnswersPage(HTMLExporter):
    """The solved notebook as one file that needs no network: formulas are MathML, no script is fetched."""

    def __init__(self, **kwargs: Any) -> None:
        # the template's folder is looked up while the exporter is made
        super().__init__(template_name="answers_page", extra_template_basedirs=[str(_TEMPLATES)], **kwargs)
        self.exclude_input_prompt = self.exclude_output_prompt = self.embed_images = True

    @pass_context
    def markdown2html(self, context: Context, source: str) -> str:
        renderer = FormulaRenderer(
            escape=False,
            attachments=context.get("cell", {}).get("attachments", {}),
            embed_images=self.embed_images,
            path=context.get("resources", {}).get("metadata", {}).get("path", ""),
            exclude_anchor_links=True,
            **self.lexer_options,
        )
        return str(MarkdownWithMath(renderer=renderer).render(source))


def make_answers(chapter: Chapter, seconds: float = 600) -> list[Path]:
    """Run an assignment's solved notebooks and write answers/<id>/<notebook>.ipynb and .html.

    Args:
        seconds: the longest a single cell may take.

    Returns:
        The files written.

    Raises:
        AuthoringError: where a cell fails; nothing is written then.
    """
    written: dict[Path, str] = {}
    for text in chapter.texts:
        notebook = from_text(text.read_text(encoding="utf-8"))
        for cell in notebook.cells:
            cell.source = _MARKER_LINE.sub("", cell.source).rstrip("\n")
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / chapter.id
            if chapter.source.is_dir():
                shutil.copytree(
                    chapter.source, place, ignore=shutil.ignore_patterns("*.ipynb", ".*", "__pycache__")
                )
            place.mkdir(exist_ok=True)
            for name, content in given_files(chapter).items():
                (place / name).write_text(content, encoding="utf-8")
            if chapter.public_tests.is_file():
                shutil.copy(chapter.public_tests, place / "test_public.py")
            execute(notebook, place, text.name, seconds)
        notebook.metadata.pop("widgets", None)
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)  # times of the clock
        written[chapter.answers / f"{text.stem}.ipynb"] = nbformat.writes(notebook) + "\n"
        page, _ = AnswersPage().from_notebook_node(
            notebook, resources={"metadata": {"name": f"{text.stem}: answers", "path": str(chapter.source)}}
        )
        written[chapter.answers / f"{text.stem}.html"] = page
    chapter.answers.mkdir(parents=True, exist_ok=True)
    for path, content in written.items():
        path.write_text(content, encoding="utf-8")
    return list(written)
