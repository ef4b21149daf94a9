"""The report's figures as SVG that stands in the page: it has the page's colours and says in words what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from markupsafe import Markup

from autograder.report.statistics import BINS, Difficulty, Distribution

WIDTH = 400
_LEFT, _TOP, _HEIGHT, _FOOT = 34, 12, 150, 36
_ROW = 20
_NAMES = 150
"""Width of the names beside the bars."""


def bin_label(index: int, most: float) -> str:
    """A part of the scores in points: lower end to upper end."""
    low, high = most * index / BINS, most * (index + 1) / BINS
    return f"{low:g} to {high:g}"


def histogram(scores: Distribution) -> Markup:
    """How many students have how many points; those that wait stand on top of the final ones."""
    highest = max(1, *(a + b for a, b in zip(scores.final, scores.open, strict=True)))
    step = (WIDTH - _LEFT - 6) / BINS
    bars = []
    for index, (final, waiting) in enumerate(zip(scores.final, scores.open, strict=True)):
        x, tall, more = _LEFT + index * step + 2, _HEIGHT * final / highest, _HEIGHT * waiting / highest
        base = _TOP + _HEIGHT
        bars.append(_rect(x, base - tall, step - 4, tall, "final"))
        bars.append(_rect(x, base - tall - more, step - 4, more, "open"))
        if final + waiting:
            bars.append(_text(x + step / 2 - 2, base - tall - more - 3, str(final + waiting), "middle"))
    for index in (0, BINS // 2, BINS):
        label = f"{scores.most * index / BINS:g}"
        bars.append(
            _text(_LEFT + index * step, _TOP + _HEIGHT + 14, label, "middle" if index < BINS else "end")
        )
    bars.append(_line(_LEFT, _TOP + _HEIGHT, WIDTH - 6, _TOP + _HEIGHT))
    bars.append(_text(_LEFT + (WIDTH - _LEFT) / 2, _TOP + _HEIGHT + 30, "points", "middle"))
    fullest = max(range(BINS), key=lambda index: scores.final[index] + scores.open[index])
    said = (
        f"{scores.count} scores from 0 to {scores.most:g} points. Half of them are at least {scores.median:.3g}; the "
        f"fullest part is {bin_label(fullest, scores.most)} points."
    )
    return _figure("scores", "How many students have how many points", said, _TOP + _HEIGHT + _FOOT, bars)


def difficulty_bars(exercises: Sequence[Difficulty]) -> Markup:
    """The mean share of each exercise's points, as a bar from 0 to 100%."""
    wide = WIDTH - _NAMES - 44
    parts = []
    for index, one in enumerate(exercises):
        y = 8 + index * _ROW
        share = one.share or 0.0
        parts.append(_text(_NAMES - 6, y + 13, _short(one.exercise), "end"))
        parts.append(_rect(_NAMES, y + 2, wide, _ROW - 6, "empty"))
        parts.append(_rect(_NAMES, y + 2, wide * share, _ROW - 6, "final"))
        label = "none yet" if one.share is None else f"{share:.0%}"
        parts.append(_text(_NAMES + wide + 4, y + 13, label, "start"))
    known = [one for one in exercises if one.share is not None]
    said = f"{len(exercises)} exercises."
    if known:
        hard, easy = min(known, key=lambda one: one.share or 0), max(known, key=lambda one: one.share or 0)
        said += (
            f" The hardest is {hard.exercise} with {hard.share or 0:.0%} of its points on average, the easiest "
            f"{easy.exercise} with {easy.share or 0:.0%}."
        )
    return _figure(
        "difficulty",
        "The part of each exercise's points that the class has",
        said,
        16 + _ROW * len(exercises),
        parts,
    )


def _figure(name: str, title: str, said: str, height: float, parts: Sequence[str]) -> Markup:
    return Markup(
        f'<svg role="img" aria-labelledby="{name}-title {name}-said" viewBox="0 0 {WIDTH} {height:g}" '
        f'xmlns="http://www.w3.org/2000/svg"><title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-said">{escape(said)}</desc>{"".join(parts)}</svg>'
    )


def _rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    if height <= 0 or width <= 0:
        return ""
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _line(x: float, y: float, to_x: float, to_y: float) -> str:
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _short(name: str) -> str:
    return name if len(name) <= 22 else name[:20] + "\N{HORIZONTAL ELLIPSIS}"
