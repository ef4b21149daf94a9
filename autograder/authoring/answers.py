"""`autograder answers`: the solved notebook, run from the top, as notebook and as a page to hand out or print."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

import nbformat
from nbconvert.exporters import HTMLExporter

from autograder.authoring.build import given_files
from autograder.authoring.chapter import Chapter
from autograder.authoring.execute import execute
from autograder.authoring.notebooks import from_text

_MARKER_LINE = re.compile(r"^\s*(###\s*)?(BEGIN|END) (SOLUTION|MARK SCHEME)\s*$\n?", re.MULTILINE)


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
        page, _ = HTMLExporter(exclude_input_prompt=True, exclude_output_prompt=True).from_notebook_node(
            notebook, resources={"metadata": {"name": f"{text.stem}: answers"}}
        )
        written[chapter.answers / f"{text.stem}.html"] = page
    chapter.answers.mkdir(parents=True, exist_ok=True)
    for path, content in written.items():
        path.write_text(content, encoding="utf-8")
    return list(written)
