"""Sphinx's configuration: `make site` builds the pages of this folder, with the commands and docstrings, into site/."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from typing import Any

project = "Deep-learning assignments"
author = "the contributors"
release = metadata.version("deep-assignments")

# myst-parser reads Markdown, so that the pages are the same here and where the repository is shown.
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = project
html_show_copyright = False
html_copy_source = False

myst_heading_anchors = 3  # as on GitHub, so that a link to a heading holds in both
autodoc_typehints = "description"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "undoc-members": False}
napoleon_use_ivar = True
napoleon_custom_sections = [("Source", "notes_style")]


def write_commands(app: Any, page: str, source: list[str]) -> None:
    """Put what every command says of itself at the end of the page on commands."""
    if page != "commands":
        return
    command = [sys.executable, "-m", "typer", "autograder.cli.main", "utils", "docs", "--name", "autograder"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    _, _, text = done.stdout.partition("\n")  # without its own title
    source[0] += "\n" + text


def plain_text(app: Any, kind: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    """Docstrings are text with code in backticks: stars and bars in them mean nothing else."""
    for at, line in enumerate(lines):
        parts = re.split(r"(`+[^`]+`+)", line)
        lines[at] = "".join(
            f"``{part.strip('`')}``" if part.startswith("`") else re.sub(r"[*|]", r"\\\g<0>", part)
            for part in parts
        )


def setup(app: Any) -> None:
    app.connect("source-read", write_commands)
    app.connect("autodoc-process-docstring", plain_text, priority=400)  # before napoleon reads the sections
