"""The card under a check cell: the ladder's rungs, what failed and why, in light and dark themes and as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selfcheck.run_tests import Outcome

# Colours are the theme's own where it has some; the rest is translucent, so it sits on any background.
# Notebooks that are not trusted are shown without styles: marks and spaces in the text keep the card readable.
_STYLE = """<style>
.selfcheck{font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px;line-height:1.5;max-width:60em;
 color:var(--jp-ui-font-color1,inherit);border:1px solid rgba(128,128,128,.35);border-left:4px solid;
 border-radius:6px;padding:.6em .9em;margin:.3em 0}
.selfcheck.passed{border-left-color:#2e9e5b}.selfcheck.failed{border-left-color:#d1495b}
.selfcheck.unwritten{border-left-color:#c08a1e}
.selfcheck header{display:flex;justify-content:space-between;gap:1em;font-weight:600}
.selfcheck header small{font-weight:400;opacity:.8}
.selfcheck ul.rungs:not(#_){list-style:none;margin:.4em 0 0;padding:0}
.selfcheck li{padding:.12em 0 .12em 1.7em;text-indent:-1.7em}.selfcheck li>*{text-indent:0}
.selfcheck li>b{display:inline-block;width:1.4em}
.selfcheck .ok>b{color:#2e9e5b}.selfcheck .no>b{color:#d1495b}.selfcheck .todo>b{color:#c08a1e}
.selfcheck .off{opacity:.75}.selfcheck .wait{padding:.5em 0 .1em;text-indent:0;font-style:italic;opacity:.8}
.selfcheck .why{display:block;white-space:pre-wrap;font-family:var(--jp-code-font-family,monospace);font-size:12px;
 background:rgba(209,73,91,.10);border-radius:4px;padding:.3em .6em;margin:.2em 0}
.selfcheck footer{margin-top:.5em;opacity:.8}
.selfcheck .hint{display:block;background:rgba(192,138,30,.13);border-radius:4px;padding:.3em .6em;margin:.2em 0}
</style>"""

_MOST_TEXT = 1500


def cut(text: str) -> str:
    """A text, and how much more there is where it is too long to show."""
    return (
        text
        if len(text) <= _MOST_TEXT
        else f"{text[:_MOST_TEXT]} … ({len(text) - _MOST_TEXT} more characters)"
    )


def says_more(outcome: Outcome) -> bool:
    """Tell whether the message says more than the headline does."""
    return bool(outcome.message) and not outcome.unwritten


def _state(outcomes: Sequence[Outcome]) -> str:
    if all(outcome.passed for outcome in outcomes):
        return "passed"
    ran = [outcome for outcome in outcomes if outcome.ran and not outcome.passed]
    return "unwritten" if ran and all(outcome.unwritten for outcome in ran) else "failed"


def _headline(outcomes: Sequence[Outcome]) -> str:
    if _state(outcomes) == "unwritten":
        return "not written yet"
    passed = sum(outcome.passed for outcome in outcomes)
    if passed == len(outcomes):
        return f"all {passed} checks pass"
    return f"{passed} of {len(outcomes)} checks pass, {failures(outcomes)}"


def failures(outcomes: Sequence[Outcome]) -> str:
    """How many fail and how many were not run: a test that waits for an earlier step has not failed."""
    failed = sum(outcome.ran and not outcome.passed for outcome in outcomes)
    waiting = sum(not outcome.ran for outcome in outcomes)
    text = f"{failed} {'fails' if failed == 1 else 'fail'}"
    return f"{text}, {waiting} not run" if waiting else text


def _row(outcome: Outcome) -> str:
    statement = _prose(outcome.statement)
    if outcome.passed:
        return f'<li class="ok"><b>✓</b> {statement}</li>'
    if not outcome.ran:
        return f'<li class="off"><b>·</b> {statement}</li>'
    if outcome.unwritten:
        return f'<li class="todo"><b>○</b> {statement}</li>'
    why = f'<span class="why">{escape(cut(outcome.message))}</span>' if says_more(outcome) else ""
    hint = f'<span class="hint">{_prose(cut(outcome.hint))}</span>' if outcome.hint else ""
    return f'<li class="no"><b>✗</b> {statement}{why}{hint}</li>'


def _prose(text: str) -> str:
    """A sentence as HTML: escaped, then what stands in backticks set as code."""
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escape(text))


def html_card(exercise: str, outcomes: Sequence[Outcome], notes: Sequence[str] = ()) -> str:
    """The card as HTML; everything the student's code may have written is escaped and cut.

    Args:
        notes: what is to be done before the notebook is handed in, a sentence each.
    """
    seconds = sum(outcome.seconds for outcome in outcomes)
    told = "".join(f'<p class="hint">{_prose(cut(note))}</p>' for note in notes)
    rows: list[str] = []
    waiting = False
    for outcome in outcomes:
        if not outcome.ran and not waiting:
            rows.append('<li class="wait">Not run, since a step above has to pass first:</li>')
        waiting = not outcome.ran
        rows.append(_row(outcome))
    return (
        f'{_STYLE}<section class="selfcheck {_state(outcomes)}" role="status"><header><span>{escape(exercise)}: '
        f"{_headline(outcomes)}</span> <small>{seconds:.1f} s</small></header>"
        f'<ul class="rungs">{"".join(rows)}</ul>{told}{_footer(exercise, outcomes)}</section>'
    )


def _footer(exercise: str, outcomes: Sequence[Outcome]) -> str:
    """Where help is, under a card with something to do."""
    if _state(outcomes) == "passed":
        return ""
    link = f'<a href="#hints-{escape(exercise)}">folded below this cell</a>'
    return f"<footer>Stuck? Hints are {link}; read one at a time.</footer>"


def text_card(exercise: str, outcomes: Sequence[Outcome], notes: Sequence[str] = ()) -> str:
    """The card as plain text."""
    lines = [f"{exercise}: {_headline(outcomes)} ({sum(outcome.seconds for outcome in outcomes):.1f} s)"]
    for outcome in outcomes:
        mark = "+" if outcome.passed else "x" if outcome.ran else "."
        lines.append(f"  {mark} {outcome.statement}")
        if not outcome.passed and outcome.ran:
            lines += [f"      {part}" for part in cut(outcome.message).splitlines() if says_more(outcome)]
            lines += [f"      hint: {outcome.hint}"] if outcome.hint else []
    lines += [f"  ! {cut(note)}" for note in notes]
    return "\n".join(lines)
