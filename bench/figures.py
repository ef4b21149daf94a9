"""Ratios with their spread, kept in a file from piece to piece, and the plot of them."""

from __future__ import annotations

import os
import statistics
from pathlib import Path
from typing import Any

import msgspec

from autograder.course import CourseError

FILE, PLOT = "bench.json", "images/bench.svg"


class Ratio(msgspec.Struct, kw_only=True):
    """Two things that were timed in the same turn, one over the other; a value for each turn.

    Attributes:
        group: which panel of the plot it belongs to. x: how many submissions, where that is what differs.
    """

    name: str
    group: str
    values: tuple[float, ...]
    x: int = 0

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        return min(self.values), max(self.values)

    def said(self) -> str:
        low, high = self.spread
        return f"{self.median:.3g} ({low:.3g} to {high:.3g}, {len(self.values)} turns)"


class Piece(msgspec.Struct, kw_only=True):
    """One part of the comparison: its ratios, and how it was run."""

    cores: int
    copies: int
    ratios: tuple[Ratio, ...]


class Figures(msgspec.Struct, kw_only=True):
    """All pieces that were run, by name, each as it was run last."""

    version: int = 1
    pieces: dict[str, Piece] = {}


def read(folder: Path) -> Figures:
    """What earlier pieces left there; CourseError where it cannot be read."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Figures)
    except FileNotFoundError:
        return Figures()
    except (OSError, msgspec.MsgspecError) as error:
        raise CourseError(
            f"{folder / FILE} cannot be read ({error}): delete it and run all pieces"
        ) from error


def keep(folder: Path, name: str, copies: int, ratios: list[Ratio]) -> Figures:
    """Add a piece, or put it in the place of its earlier run; the figures as they are now."""
    figures = read(folder)
    figures.pieces[name] = Piece(cores=os.cpu_count() or 1, copies=copies, ratios=tuple(ratios))
    folder.mkdir(parents=True, exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(figures, order="deterministic"), indent=1)
    (folder / FILE).write_bytes(text + b"\n")
    return figures


SPEED, COST, MEMORY = "speed", "cost", "memory"
_TITLES = {
    SPEED: "times as fast",
    COST: "cost of a submission,\nrelative to the smallest class",
    MEMORY: "memory,\nrelative to the smallest class",
}


def plot(figures: Figures, folder: Path) -> Path:
    """Draw what there is of the three panels; the same figures give the same bytes."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    ratios = [ratio for name in sorted(figures.pieces) for ratio in figures.pieces[name].ratios]
    path = folder / PLOT
    path.parent.mkdir(parents=True, exist_ok=True)
    settings: dict[Any, Any] = {"svg.hashsalt": "bench", "svg.fonttype": "none", "font.size": 9}
    with plt.rc_context(settings):
        figure, panels = plt.subplots(1, len(_TITLES), figsize=(10, 3.2), layout="constrained")
        for axes, (group, title) in zip(panels, _TITLES.items(), strict=True):
            chosen = [ratio for ratio in ratios if ratio.group == group]
            axes.set_title(title, fontsize=9)
            axes.spines[["top", "right"]].set_visible(False)
            if group == SPEED:
                _bars(axes, chosen)
            else:
                _lines(axes, chosen)
        figure.savefig(path, metadata={"Date": None, "Title": "Throughput, cost and memory"})
        plt.close(figure)
    return path


def _bars(axes: object, ratios: list[Ratio]) -> None:
    from matplotlib.axes import Axes

    assert isinstance(axes, Axes)
    for place, ratio in enumerate(ratios):
        low, high = ratio.spread
        axes.barh(place, ratio.median, color="#4c72b0", height=0.6)
        axes.plot([low, high], [place, place], color="black", linewidth=1)
        axes.text(high, place, f" {ratio.median:.3g}", va="center")
    axes.set_yticks(range(len(ratios)), [ratio.name for ratio in ratios])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.15 * max((ratio.spread[1] for ratio in ratios), default=1.0))


def _lines(axes: object, ratios: list[Ratio]) -> None:
    from matplotlib.axes import Axes

    assert isinstance(axes, Axes)
    for name in dict.fromkeys(ratio.name for ratio in ratios):
        line = sorted((ratio for ratio in ratios if ratio.name == name), key=lambda ratio: ratio.x)
        sizes = [ratio.x for ratio in line]
        axes.plot(sizes, [ratio.median for ratio in line], marker="o", markersize=3, label=name)
        lows, highs = zip(*(ratio.spread for ratio in line), strict=True)
        axes.fill_between(sizes, lows, highs, alpha=0.2)
    axes.axhline(1.0, color="gray", linewidth=0.5)
    axes.set_xscale("log")
    axes.set_xlabel("submissions")
    axes.set_ylim(bottom=0)
    if ratios:
        axes.legend(frameon=False, fontsize=8)
