"""A student's markdown is shown to the instructor and runs nothing there."""

from __future__ import annotations

import time
from pathlib import Path

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from traitlets.config import Config

from autograder.gradebook.config import configure
from autograder.gradebook.markup import harmless
from autograder.gradebook.page import FeedbackPage

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "event": '<img src="x" onerror="alert(1)">',
    "event in capitals": '<IMG SRC=x OnError="alert(1)">',
    "address": "[click](javascript:alert(1))",
    "address in disguise": '<a href=" java&#x0A;script:alert(1)">click</a>',
    "address with data": '<a href="data:text/html,<script>alert(1)</script>">click</a>',
    "frame": '<iframe src="/formgrader"></iframe>',
    "form": '<form action="https://example.org"><input name="x"></form>',
    "picture that is a program": '<svg onload="alert(1)"><script>alert(1)</script></svg>',
    "object": '<object data="data:text/html,x"></object><embed src="x">',
    "style": '<div style="position:fixed;inset:0">all is well</div><style>*{display:none}</style>',
    "meta": '<meta http-equiv="refresh" content="0;url=https://example.org">',
    "base": '<base href="https://example.org/">',
    "left open": "<img src=x onerror=alert(1) //",
    "in a formula": "$<img src=x onerror=alert(1)>$ and $$\\text{<script>alert(1)</script>}$$",
    "in mathml": '<math><annotation-xml encoding="text/html"><script>alert(1)</script></annotation-xml></math>',
    "in a fence": "```<script>alert(1)</script>\n<script>alert(1)</script>\n```",
}
HONEST = {
    "emphasis": ("**bold** and *italic*", "<strong>bold</strong>"),
    "table": ("| a | b |\n|---|---|\n| 1 | 2 |", "<td>1</td>"),
    "details": ("<details><summary>more</summary>text</details>", "<summary>more</summary>"),
    "picture": ("![a plot](https://example.org/plot.png)", 'src="https://example.org/plot.png"'),
    "pasted picture": ("![a plot](data:image/png;base64,iVBORw0KGgo=)", 'src="data:image/png;base64'),
    "link": ("[paper](https://arxiv.org/abs/1412.6980)", 'href="https://arxiv.org/abs/1412.6980"'),
    "comparison": ("if a < b and c > d", "a &lt; b"),
    "code": ("`x < y`", "x &lt; y"),
    "what is not a tag": ("use List<int> here", "use list&lt;int&gt; here"),
    "the beginning of a tag": ("if a <b then", "if a &lt;b then"),
    "a tag that is not allowed": ("I typed <input> here", "typed &lt;input&gt; here"),
}


@pytest.fixture(params=["feedback", "formgrader"])
def exporter(request: pytest.FixtureRequest, tmp_path: Path) -> HTMLExporter:
    """The exporters that nbgrader makes, with our configuration, of its pages."""
    config = Config()
    configure(config, tmp_path)
    return (FeedbackPage if request.param == "feedback" else HTMLExporter)(config=config)


def page(exporter: HTMLExporter, source: str) -> str:
    """A markdown cell as the exporter's page shows it."""
    cell = nbformat.v4.new_markdown_cell(source)
    template = exporter.environment.from_string("{{ cell.source | markdown2html }}")
    return str(template.render(cell=cell, resources={})).lower()


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_nothing_runs(exporter: HTMLExporter, source: str) -> None:
    before, after = page(exporter, "harmless"), page(exporter, source)
    for tag in (
        "<script",
        "<iframe",
        "<form",
        "<svg",
        "<object",
        "<embed",
        "<style",
        "<meta",
        "<base",
        "<input",
    ):
        assert after.count(tag) == before.count(tag)
    for text in (" onerror=", " onload=", "javascript:", "data:text", " style="):
        shown = after.replace("&lt;img src=", "").replace("&lt;", "<shown>")
        assert not [
            tag for tag in shown.split("<")[1:] if text in tag.partition(">")[0] and "shown" not in tag[:6]
        ]


@pytest.mark.parametrize(("source", "shown"), HONEST.values(), ids=HONEST)
def test_what_students_write_is_shown(exporter: HTMLExporter, source: str, shown: str) -> None:
    assert shown.lower() in page(exporter, source)


def test_formulas_stay() -> None:
    formula = (
        '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"><mrow><mi>x</mi></mrow></math>'
    )
    assert harmless(formula) == formula


@pytest.mark.parametrize("mark", ["$a", "\\begin{a}", "<div>", "|a|b|\n"])
def test_no_text_takes_long_to_show(exporter: HTMLExporter, mark: str) -> None:
    start = time.process_time()
    shown = page(exporter, mark * 8000 + "<script>")
    assert time.process_time() - start < 2
    assert shown.startswith("<pre>") and "<script" not in shown
