"""LaTeX formulas as MathML, which browsers show by themselves: pages that need no network and run no script."""

from __future__ import annotations

import re
from html import escape

from latex2mathml.converter import convert
from nbconvert.filters.markdown_mistune import IPythonRenderer

MOST_TEX = 4000

# The converter knows these, but not behind \big and its like.
_NAMED_BARS = re.compile(r"(\\[bB]igg?[lrm]?)\s*\\[lr](V|v)ert(?![a-zA-Z])")

# Environments that the converter does not know, by one that looks like them.
_LIKE = {
    **dict.fromkeys(("aligned", "alignedat", "alignat", "alignat*", "flalign", "flalign*"), "align*"),
    **dict.fromkeys(("gathered", "gather", "gather*", "multlined", "multline", "multline*"), "matrix"),
    **dict.fromkeys(("eqnarray", "eqnarray*"), "array"),
}
_ENVIRONMENT = re.compile(
    rf"\\(begin|end)\s*\{{({'|'.join(map(re.escape, sorted(_LIKE, key=len, reverse=True)))})\}}"
    r"(?:(?<=at\})\{\d+\}|(?<=at\*\})\{\d+\}|\[[tbc]\])?"
)


class FormulaRenderer(IPythonRenderer):
    """Markdown's renderer that leaves no formula to a script."""

    def block_math(self, body: str) -> str:
        return mathml(body, "block")

    def inline_math(self, body: str) -> str:
        return mathml(body, "inline")

    def latex_environment(self, name: str, body: str) -> str:
        return mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")


def mathml(tex: str, display: str) -> str:
    """A LaTeX formula as MathML; as it was typed where it makes no sense.

    Args:
        tex: the formula, without dollars. display: "block" or "inline".
    """
    try:
        if len(tex) <= MOST_TEX:
            known = _NAMED_BARS.sub(lambda m: m[1] + (r"\|" if m[2] == "V" else "|"), tex)
            known = _ENVIRONMENT.sub(_known_environment, known)
            return str(convert(known.replace("<", r"\lt ").replace(">", r"\gt "), display=display))
    except Exception:  # a student's formula may be anything, and its parser says so in many ways
        pass
    return f"<code>{escape(tex)}</code>"


def _known_environment(mark: re.Match[str]) -> str:
    """The mark of an environment that the converter knows; what follows a mark besides its name is left out."""
    like = _LIKE[mark[2]]
    columns = "{rcl}" if like == "array" and mark[1] == "begin" else ""
    return f"\\{mark[1]}{{{like}}}{columns}"
