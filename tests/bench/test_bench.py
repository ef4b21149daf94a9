"""The comparison's arithmetic, file and plot; what it times is timed by `make bench` alone."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from autograder.course import CourseError
from bench import __main__ as bench
from bench import memory, sides
from bench.course import ASSIGNMENT, NOTEBOOK, make_course, submit_copies
from bench.figures import COST, FILE, MEMORY, SPEED, Figures, Ratio, keep, plot, read


def given(run: object, turns: int = 2, largest: int = 100) -> bench.Given:
    return bench.Given(copies=10, turns=turns, largest=largest, run=run)  # type: ignore[arg-type]


class Sides:
    """Sides that tell what they are told, and note in which order they were asked."""

    def __init__(self, **figures: list[sides.Figures]) -> None:
        self.left = {name: list(runs) for name, runs in figures.items()}
        self.asked: list[tuple[str, int]] = []

    def __call__(self, side: str, copies: int) -> sides.Figures:
        self.asked.append((side, copies))
        return self.left[side].pop(0)


def test_the_sides_of_a_piece_take_turns_and_a_ratio_is_of_one_turn() -> None:
    told = Sides(
        jailed=[{"seconds": 2.0}, {"seconds": 4.0}],
        stock=[{"seconds": 60.0}, {"seconds": 160.0}],
        otter=[{"seconds": 20.0}, {"seconds": 20.0}],
        prairielearn=[{"seconds": 8.0}, {"seconds": 8.0}],
    )
    ratios = {ratio.name: ratio for ratio in bench.peers(given(told))}
    assert [side for side, _ in told.asked] == ["jailed", "stock", "otter", "prairielearn"] * 2
    assert ratios["nbgrader"].values == (30.0, 40.0) and ratios["nbgrader"].median == 35.0
    assert ratios["otter-grader"].values == (10.0, 5.0) and ratios["prairielearn-grader"].spread == (2.0, 4.0)


def test_growth_is_relative_to_the_smallest_class_of_the_same_turn() -> None:
    told = Sides(
        jailed=[
            {"seconds": 1.0, "bytes": 100.0},
            {"seconds": 11.0, "bytes": 150.0},
            {"seconds": 2.0, "bytes": 100.0},
            {"seconds": 20.0, "bytes": 100.0},
        ]
    )
    ratios = bench.graded(given(told))
    assert told.asked == [("jailed", 10), ("jailed", 100)] * 2
    found = {(ratio.group, ratio.x): ratio.values for ratio in ratios}
    assert found[COST, 10] == (1.0, 1.0) and found[COST, 100] == pytest.approx((1.1, 1.0))
    assert found[MEMORY, 100] == (1.5, 1.0)


def test_a_bar_that_is_missed_is_said_and_costs_the_exit_code(tmp_path: Path) -> None:
    runs = {
        "jailed": [{"seconds": 1.0, "cost": 13.0}],
        "calls": [{"call": 5.0}],
    }
    said = io.StringIO()
    out = Console(file=said, width=120)
    code = bench.compare(["cost"], given(Sides(**runs), turns=1), tmp_path, out)
    assert code == 1 and "13 (13 to 13, 1 turns)" in said.getvalue() and "at most 12" in said.getvalue()
    runs["jailed"] = [{"seconds": 1.0, "cost": 11.0}]
    assert bench.compare(["cost"], given(Sides(**runs), turns=1), tmp_path, out) == 0


def test_pieces_are_kept_from_run_to_run_and_the_plot_is_the_same_bytes(tmp_path: Path) -> None:
    keep(tmp_path, "peers", 20, [Ratio(name="nbgrader", group=SPEED, values=(30.0, 40.0))])
    keep(tmp_path, "workers", 20, [Ratio(name="two workers", group=SPEED, values=(1.0,))])
    sizes = [Ratio(name="graded", group=COST, x=x, values=(1.0, 1.05)) for x in (10, 100)]
    figures = keep(tmp_path, "graded", 20, sizes)
    keep(tmp_path, "workers", 20, [Ratio(name="two workers", group=SPEED, values=(1.9,))])
    figures = read(tmp_path)
    assert set(figures.pieces) == {"peers", "workers", "graded"}
    assert figures.pieces["workers"].ratios[0].values == (1.9,)
    first = plot(figures, tmp_path).read_bytes()
    assert b"nbgrader" in first and b"times as fast" in first and b"submissions" in first
    assert plot(figures, tmp_path).read_bytes() == first
    assert plot(Figures(), tmp_path).read_bytes() != first


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{")
    with pytest.raises(CourseError, match="delete it"):
        read(tmp_path)


def test_an_unknown_piece_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["pears"]) == 1
    assert "there are peers, workers" in capsys.readouterr().err


def test_copies_differ_in_bytes_and_each_exercise_has_its_own_room(tmp_path: Path) -> None:
    course = make_course(tmp_path, jailed=True)
    one, other = submit_copies(course, 2)
    texts = [
        (course.submission_folder(s, ASSIGNMENT) / f"{NOTEBOOK}.ipynb").read_text() for s in (one, other)
    ]
    assert texts[0] != texts[1] == texts[0].replace(one, other)
    rooms = sorted(path.parent.name for path in (course.suites / ASSIGNMENT).glob("*/test_*.py"))
    assert rooms == ["fit_line", "linear_backward", "softmax"]


def test_memory_counts_what_descends_from_this_process() -> None:
    code = "import time; x = bytearray(b'1') * (200 << 20); print(len(x), flush=True); time.sleep(60)"
    with memory.Peak() as peak:
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        try:
            assert child.stdout is not None and child.stdout.readline()
            assert child.pid in memory.descendants(os.getpid())
            end = time.monotonic() + 30
            while peak.all - peak.own < 150 << 20 and time.monotonic() < end:
                time.sleep(0.1)
        finally:
            child.kill()
            child.communicate()
    assert peak.all - peak.own > 150 << 20 and peak.own > 0
    assert memory.memory_of(child.pid) == 0
