"""`make bench`: this grader beside others, and its cost as a class grows, on copies of one small torch submission.

The sides of a piece take turns, each in a process of its own with a fresh course. Only ratios are judged, each of two
things that were timed in the same turn: on a busy machine milliseconds say how busy it is. A ratio is told with the
least and the greatest of the turns. Pieces can be run one by one; the file and the plot keep what the others said.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autograder.course import Course, CourseError
from bench import sides
from bench.course import make_course
from bench.figures import COST, MEMORY, SPEED, Ratio, keep, plot, read

DOCS = Path(__file__).parents[1] / "docs"
GRADED, RECORDED = (10, 100, 1000), (10, 100, 1000, 10000)
"""Sizes of classes: graded in the jail, and recorded only."""


@dataclass(frozen=True)
class Bar:
    """What a ratio's median must keep."""

    name: str
    limit: float
    least: bool = False

    def met(self, ratio: Ratio) -> bool:
        return ratio.median >= self.limit if self.least else ratio.median <= self.limit


BARS = (
    Bar("nbgrader", 20.0, least=True),
    Bar("otter-grader", 1.0, least=True),
    Bar("prairielearn-grader", 1.0, least=True),
    # In units of what a submission's code and its checks take in plain Python.
    Bar("its own code", 12.0),
    # In units of the same tensor's way through a pipe to another process and back, pickled.
    Bar("a pipe", 8.0),
    Bar("graded", 1.1),
    Bar("recorded", 1.1),
)


@dataclass(frozen=True)
class Given:
    """How a piece is run."""

    copies: int
    turns: int
    largest: int
    run: Callable[[str, int], sides.Figures]

    def sizes(self, of: tuple[int, ...]) -> list[int]:
        return [size for size in of if size <= self.largest] or [of[0]]


def peers(given: Given) -> list[Ratio]:
    """Throughput beside other graders, each with as many workers as its documentation gives it here."""
    names = {"nbgrader": "stock", "otter-grader": "otter", "prairielearn-grader": "prairielearn"}
    runs = _turns(given, ["jailed", *names.values()], [given.copies] * 4)
    return [
        Ratio(name=name, group=SPEED, values=_over(runs, side, "jailed", "seconds"))
        for name, side in names.items()
    ]


def workers(given: Given) -> list[Ratio]:
    """Two workers beside one."""
    runs = _turns(given, ["jailed", "alone"], [given.copies] * 2)
    return [
        Ratio(name="two workers beside one", group=SPEED, values=_over(runs, "alone", "jailed", "seconds"))
    ]


def cost(given: Given) -> list[Ratio]:
    """A submission beside its own code, a call beside a pipe's way."""
    runs = _turns(given, ["jailed", "calls"], [given.copies] * 2)
    return [
        Ratio(name="its own code", group="", values=tuple(run["cost"] for run in runs["jailed"])),
        Ratio(name="a pipe", group="", values=tuple(run["call"] for run in runs["calls"])),
    ]


def edit(given: Given) -> list[Ratio]:
    """The first grading beside the one after an edit of one of three exercises' tests."""
    runs = _turns(given, ["edited"], [given.copies])
    values = tuple(run["first"] / run["again"] for run in runs["edited"])
    return [Ratio(name="after one edit", group=SPEED, values=values)]


def graded(given: Given) -> list[Ratio]:
    """Classes of several sizes in the jail."""
    return _growth(given, "jailed", "graded", given.sizes(GRADED), per_copy=True)


def recorded(given: Given) -> list[Ratio]:
    """Classes of several sizes whose results are there: recording alone, without a jail."""
    return _growth(given, "stored", "recorded", given.sizes(RECORDED), per_copy=False)


PIECES: dict[str, Callable[[Given], list[Ratio]]] = {
    piece.__name__: piece for piece in (peers, workers, cost, edit, graded, recorded)
}


def main(argv: list[str] | None = None) -> int:
    """Run the pieces and print their ratios; 0 where all bars are met."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("pieces", nargs="*", metavar="PIECE", help=", ".join(PIECES))
    parser.add_argument("--copies", type=int, default=20, help="submissions of a side")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--largest", type=int, default=max(RECORDED), help="submissions of the largest class")
    parser.add_argument("--to", type=Path, default=DOCS, help="the folder of bench.json and the plot")
    parser.add_argument("--plot", action="store_true", help="only draw the plot anew")
    parser.add_argument("--side", choices=sorted(sides.SIDES), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    out = Console(highlight=False)
    try:
        if given.side:
            print(json.dumps(sides.SIDES[given.side](Course(given.folder), given.copies)))
            return 0
        if unknown := set(given.pieces) - set(PIECES):
            raise CourseError(f"no piece is called {sorted(unknown)[0]!r}; there are {', '.join(PIECES)}")
        if given.plot:
            out.print(f"drawn: {plot(read(given.to), given.to)}", markup=False)
            return 0
        how = Given(given.copies, given.turns, given.largest, _in_turn)
        return compare(given.pieces or list(PIECES), how, given.to, out)
    except CourseError as error:
        Console(stderr=True, highlight=False).print(f"error {error}", markup=False, soft_wrap=True)
        return 1


def compare(pieces: list[str], given: Given, to: Path, out: Console) -> int:
    """Run the pieces, keep and draw their figures; 0 where all bars are met."""
    missed = 0
    for name in pieces:
        out.print(f"{name}: {given.turns} turns", style="dim")
        ratios = PIECES[name](given)
        figures = keep(to, name, given.copies, ratios)
        plot(figures, to)
        table = Table(title=f"{name}: {(PIECES[name].__doc__ or '').strip()}", title_justify="left")
        for column in ("beside", "submissions", "ratio", "bar"):
            table.add_column(column)
        for ratio in ratios:
            bar = next((bar for bar in BARS if bar.name == ratio.name and ratio.group != MEMORY), None)
            met = bar is None or bar.met(ratio)
            missed += not met
            told = f"{'at least' if bar.least else 'at most'} {bar.limit:g}" if bar else ""
            style = "" if bar is None else "green" if met else "red"
            table.add_row(ratio.name, str(ratio.x or given.copies), ratio.said(), told, style=style)
        out.print(table)
    out.print(f"figures and plot: {to}", markup=False)
    return 1 if missed else 0


def _turns(given: Given, names: list[str], copies: list[int]) -> dict[str, list[sides.Figures]]:
    """Each side once a turn, by name."""
    runs: dict[str, list[sides.Figures]] = {name: [] for name in names}
    for _ in range(given.turns):
        for name, count in zip(names, copies, strict=True):
            runs[name].append(given.run(name, count))
    return runs


def _over(runs: dict[str, list[sides.Figures]], one: str, other: str, figure: str) -> tuple[float, ...]:
    """One side's figure over the other's, turn by turn: a turn's sides met the same load on this machine."""
    return tuple(a[figure] / b[figure] for a, b in zip(runs[one], runs[other], strict=True))


def _growth(given: Given, side: str, name: str, sizes: list[int], *, per_copy: bool) -> list[Ratio]:
    """Cost and memory at each size, relative to the smallest one of the same turn."""
    seconds: dict[int, list[float]] = {size: [] for size in sizes}
    memory: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(given.turns):
        for size in sizes:
            run = given.run(side, size)
            seconds[size].append(run["seconds"] / (size if per_copy else 1))
            memory[size].append(run["bytes"])
    first = sizes[0]
    return [
        Ratio(
            name=name,
            group=group,
            x=size,
            values=tuple(a / b for a, b in zip(of[size], of[first], strict=True)),
        )
        for group, of in ((COST, seconds), (MEMORY, memory))
        for size in sizes
    ]


def _in_turn(side: str, copies: int) -> sides.Figures:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        course = make_course(Path(folder) / side, jailed=side != "stock")
        command = [sys.executable, "-m", "bench", "--side", side, "--folder", str(course.root)]
        done = subprocess.run(
            [*command, "--copies", str(copies)],
            capture_output=True,
            text=True,
            env=sides.environment(),
            cwd=course.root,
        )
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise CourseError(f"the side {side} failed: {said.removeprefix('error ')}")
        figures: sides.Figures = json.loads(done.stdout.strip().splitlines()[-1])
        return figures


if __name__ == "__main__":
    sys.exit(main())
