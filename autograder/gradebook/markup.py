"""A student's markdown as HTML that runs nothing: it is shown in the instructor's browser, beside the gradebook.

nh3 cleans it, which parses HTML as a browser does and is kept up. It drops what it does not allow, and with it a part
of an answer such as "use List<int>"; so whatever does not begin an allowed tag is made text before.
"""

from __future__ import annotations

import re
from html import escape

import nh3
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograder.grading.parse_notebook import marks_in

_TEXT = (
    *("p", "br", "hr", "div", "span", "h1", "h2", "h3", "h4", "h5", "h6", "a", "b", "i", "u", "em", "strong"),
    *(
        "s",
        "del",
        "ins",
        "mark",
        "small",
        "sub",
        "sup",
        "kbd",
        "code",
        "pre",
        "blockquote",
        "abbr",
        "q",
        "cite",
    ),
    *("ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption"),
    *("img", "figure", "figcaption", "details", "summary", "center", "font"),
)
_MATHML = (
    *(
        "math",
        "semantics",
        "mrow",
        "mi",
        "mn",
        "mo",
        "ms",
        "mtext",
        "mspace",
        "mstyle",
        "mpadded",
        "mphantom",
    ),
    *(
        "msup",
        "msub",
        "msubsup",
        "munder",
        "mover",
        "munderover",
        "mfrac",
        "msqrt",
        "mroot",
        "menclose",
        "merror",
    ),
    *("mtable", "mtr", "mtd", "mfenced", "mmultiscripts", "mprescripts", "none"),
)
_EVERYWHERE = ("class", "id", "title", "align", "width", "height", "lang", "dir")
_OF_MATHML = (
    *(
        "display",
        "xmlns",
        "mathvariant",
        "stretchy",
        "fence",
        "separator",
        "form",
        "lspace",
        "rspace",
        "accent",
    ),
    *(
        "accentunder",
        "columnalign",
        "rowspacing",
        "columnspacing",
        "linethickness",
        "displaystyle",
        "scriptlevel",
    ),
    *(
        "minsize",
        "maxsize",
        "movablelimits",
        "notation",
        "columnlines",
        "rowlines",
        "mathcolor",
        "open",
        "close",
    ),
    *("separators", "depth", "voffset", "largeop", "symmetric"),
)


def _kept(tag: str, name: str, value: str) -> str | None:
    """An attribute's value, or None where the attribute is dropped."""
    return value if _allowed(tag, name, value) else None


def _allowed(tag: str, name: str, value: str) -> bool:
    if name in _EVERYWHERE or (tag in _MATHML and name in _OF_MATHML):
        return True
    match tag, name:
        case "a", "href":
            return not value.strip().lower().startswith("data:")
        case "img", "src":
            return not value.startswith("data:") or value.startswith("data:image/")
        case ("img", "alt") | ("details", "open") | ("ol", "start") | ("font", "color"):
            return True
        case (("td" | "th"), ("colspan" | "rowspan")):
            return True
    return False


_TAGS = {*_TEXT, *_MATHML}
_ATTRIBUTES = {
    "href",
    "src",
    "alt",
    "open",
    "start",
    "color",
    "colspan",
    "rowspan",
    *_EVERYWHERE,
    *_OF_MATHML,
}
_cleaner = nh3.Cleaner(
    tags=_TAGS,
    attributes=dict.fromkeys(_TAGS, _ATTRIBUTES),  # of which `_kept` chooses
    attribute_filter=_kept,
    url_schemes={"http", "https", "mailto", "data"},
    link_rel=None,
)
_AS_TYPED = re.compile(rf"<(?!!--|/?(?:{'|'.join(_TAGS)})(?=[\s/>]))", re.IGNORECASE)
"""A mark that begins neither an allowed tag nor a comment."""


MOST_MARKS = 3000
"""Characters of one cell that markdown may take for the beginning of something, ten times what a long text has.

How long it takes to read them grows with their square: forty thousand dollar signs take a minute, and a page has no
time limit.
"""


def harmless(html: str) -> str:
    """HTML without scripts, frames, forms, styles, event handlers and addresses that run code."""
    return str(_cleaner.clean(_AS_TYPED.sub("&lt;", html)))


def rendered(source: str, renderer: IPythonRenderer) -> str:
    """Markdown as harmless HTML; as it was typed where reading it could take for ever."""
    if marks_in(source) > MOST_MARKS:
        return f"<pre>{escape(source)}</pre>"
    return harmless(str(MarkdownWithMath(renderer=renderer).render(source)))


@pass_context
def harmless_markdown(context: Context, source: str) -> str:
    """The filter `markdown2html` of nbgrader's own pages, formgrader's among them."""
    cell = context.get("cell", {})
    renderer = IPythonRenderer(
        escape=False, attachments=cell.get("attachments", {}), exclude_anchor_links=True
    )
    return rendered(source, renderer)
