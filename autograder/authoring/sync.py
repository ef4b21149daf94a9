"""`autograder sync`: an edit made in JupyterLab on source/ is carried back to the text in solutions/."""

from __future__ import annotations

from pathlib import Path

import nbformat

from autograder.authoring.build import made_digest, make_notebooks, read_record, text_digest
from autograder.authoring.chapter import AuthoringError, Chapter
from autograder.authoring.notebooks import to_text


def sync(chapter: Chapter) -> list[Path]:
    """Carry edits in source/ back to solutions/ and make everything anew.

    Returns:
        The hand-written files that changed, relative to the course folder; empty where there was nothing to carry.

    Raises:
        AuthoringError: where both sides of a file were edited, or the edit cannot be written as text. Nothing is
            written then.
    """
    record = read_record(chapter.root)
    edits: dict[Path, str] = {}
    for text, made in chapter.pairs.items():
        if not made.is_file() or not text.is_file():
            continue
        before, here, there = record.get(_name(made, chapter)), text_digest(text, made), made_digest(made)
        edited, rewritten = there not in (before, here), here != before
        if edited and rewritten:
            raise AuthoringError(
                f"{_name(text, chapter)} and {_name(made, chapter)} were both edited since they last agreed: "
                "undo one of them, or bring its change over by hand"
            )
        if edited:
            edits[text] = _carried(text, made)
    kept = {text: text.read_bytes() for text in edits}
    for text, content in edits.items():
        text.write_text(content, encoding="utf-8")
    if edits:
        try:
            make_notebooks([chapter], force=True)
        except AuthoringError:
            for text, content_before in kept.items():
                text.write_bytes(content_before)
            raise
    return [text.relative_to(chapter.root) for text in edits]


def _carried(text: Path, made: Path) -> str:
    if made.suffix != ".ipynb":
        return made.read_text(encoding="utf-8")
    notebook = nbformat.read(made, as_version=4)
    return to_text(notebook, text.read_text(encoding="utf-8"))


def _name(path: Path, chapter: Chapter) -> str:
    return path.relative_to(chapter.root).as_posix()
