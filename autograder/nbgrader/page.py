"""The feedback page: nbgrader's own, with the colours of the graded text and the exercises' names."""

from __future__ import annotations

import re
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode

# nbgrader's template inlines Bootstrap only: without these rules ANSI colours are lost, tables run together and
# nothing shows that hints unfold. The score that nbgrader reads from a cell's output stands in the cell's bar too.
_STYLE = """<style>
.ansi-bold{font-weight:bold}.ansi-green-fg{color:#1d7a43}.ansi-red-fg{color:#b3303f}
.ansi-yellow-fg{color:#8f6200}.ansi-blue-fg{color:#2359a8;font-weight:bold}
.output_area pre{white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere;line-height:1.5}
.text_cell_render table{margin:0 0 1em}
.text_cell_render th,.text_cell_render td{padding:.2em .8em .2em 0;border-bottom:1px solid #ddd}
.anchor-link,.output_area:has(.output_execute_result){display:none}
summary{display:list-item;cursor:pointer}
</style>"""

_ENTRY = re.compile(r'(<li><a href="#([\w-]+)">)(?:Test cell|Written response|Coding free-response)</a>')


class FeedbackPage(HTMLExporter):
    """nbconvert's exporter for `nbgrader generate_feedback`."""

    def from_notebook_node(  # type: ignore[override]  # HTML exporters give text, the base class a notebook
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        page, found = super().from_notebook_node(nb, resources, **options)
        head, end, body = page.partition("</head>")
        contents, _, rest = body.partition("</ol>")  # the table of contents comes first
        named = _ENTRY.sub(r"\1\2</a>", contents)
        return f"{head}{_STYLE}{end}{named}</ol>{rest}", found
