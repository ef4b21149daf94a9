"""`make bench`: this grader beside stock nbgrader, on copies of one small torch submission, both into a gradebook.

The two sides take turns, each in a process of its own with a fresh course. Each side first grades one submission per
worker, so that imports, kernels' caches and the jail's start are behind it; that start-up is printed beside the
throughput, not in it.

Only ratios are judged, each of two things that were timed in the same turn: on a busy machine milliseconds say how busy
it is. All figures are medians over the turns.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from autograder.course import Course, CourseError
from bench.course import ASSIGNMENT, make_course, solved_source, submit_copies
from bench.echo import double

WORKERS = 2
NEEDED_SPEED = 20.0
"""How many times as fast as stock nbgrader."""
MOST_COST = 12.0
"""A submission's time, of one worker, in units of what its code and its checks take in plain Python."""
MOST_CALL = 8.0
"""A call into the jail, in units of the same tensor's way through a pipe to another process and back, pickled."""
CALLS = 300


def main(argv: list[str] | None = None) -> int:
    """Run the turns and print the comparison; 0 where all three bars are met."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--copies", type=int, default=20)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--side", choices=sorted(SIDES), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.side:
        print(json.dumps(SIDES[given.side](Course(given.folder), given.copies)))
        return 0
    try:
        return compare(given.copies, given.turns, Console(highlight=False))
    except CourseError as error:
        Console(stderr=True, highlight=False).print(f"error {error}", markup=False, soft_wrap=True)
        return 1


def compare(copies: int, turns: int, out: Console) -> int:
    """Print both sides' medians; 0 where this grader meets the bars on throughput, cost and calls."""
    figures: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
    for turn in range(turns):
        for side in SIDES:
            out.print(f"turn {turn + 1} of {turns}: {side}, {copies} copies", style="dim")
            figures[side].append(_turn(side, copies))
    stock, ours = (
        {key: statistics.median(run[key] for run in figures[side]) for key in figures[side][0]}
        for side in ("stock", "jailed")
    )
    # Paired: a turn's two sides met the same load on this machine.
    pairs = zip(figures["stock"], figures["jailed"], strict=True)
    speed = statistics.median(theirs["seconds"] / mine["seconds"] for theirs, mine in pairs)
    cost, call = (statistics.median(run[name] for run in figures["jailed"]) for name in ("cost", "call"))

    table = Table(
        title=f"{copies} copies of one submission, {os.cpu_count()} cores, {turns} turns",
        title_justify="left",
    )
    for column in ("", "stock nbgrader", "this grader"):
        table.add_column(column, justify="left" if not column else "right")
    table.add_row("seconds, into the gradebook", f"{stock['seconds']:.2f}", f"{ours['seconds']:.2f}")
    table.add_row("submissions a minute", *(f"{60 * copies / side['seconds']:.0f}" for side in (stock, ours)))
    table.add_row("start-up, once", f"{stock['start']:.1f} s", f"{ours['start']:.1f} s")
    table.add_row(
        "start-up and copies", *(f"{side['start'] + side['seconds']:.1f} s" for side in (stock, ours))
    )
    out.print(table)

    bars = {
        f"throughput: {speed:.1f} times stock nbgrader's, at least {NEEDED_SPEED:g}": speed >= NEEDED_SPEED,
        f"a submission: {cost:.1f} times its own code in plain Python, at most {MOST_COST:g}": cost
        <= MOST_COST,
        f"a call into the jail: {call:.1f} times a pipe's way there and back, at most {MOST_CALL:g}": (
            call <= MOST_CALL
        ),
    }
    for bar, met in bars.items():
        out.print(f"{'met   ' if met else 'MISSED'} {bar}", style="green" if met else "red")
    return 0 if all(bars.values()) else 1


def stock_side(course: Course, copies: int) -> dict[str, float]:
    """nbgrader's own autograde with its own executor, a Jupyter kernel for each submission."""
    begun = time.perf_counter()
    recorder = _recorder(course)
    warm = submit_copies(course, 1)
    students = submit_copies(course, copies)
    _autograde(recorder, warm)
    start = time.perf_counter()
    _autograde(recorder, students)
    seconds = time.perf_counter() - start
    _check(recorder, students)
    return {"seconds": seconds, "start": start - begun}


class Clock:
    """Takes the time of each grading and each recording."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = {}

    def waiting(self, holder: str) -> None:
        raise CourseError(f"{holder} is in the way")

    def phase(self, name: str, total: int) -> Callable[[], None]:
        times = self.times.setdefault(name, [])
        return lambda: times.append(time.perf_counter())

    def recorded(self, student: str, outcome: object) -> None:
        """Nothing: the phases have the times."""


def jailed_side(course: Course, copies: int) -> dict[str, float]:
    """`autograder grade` with two workers: results made in the jail, recorded by nbgrader as they come."""
    begun = time.perf_counter()
    from autograder.classroom.grade_class import grade_class
    from autograder.classroom.options import GradingOptions

    api = _recorder(course)
    students = submit_copies(course, WORKERS + copies)
    clock = Clock()
    grade_class(course, ASSIGNMENT, GradingOptions(jobs=WORKERS), progress=clock)
    # From the moment both workers are warm until the last score is in the gradebook. Work that a worker finished before
    # that moment was not done in that time and is not counted.
    start, end = clock.times["grading"][WORKERS - 1], clock.times["recording"][-1]
    counted = sum(moment > start for moment in clock.times["grading"])
    seconds = (end - start) * copies / counted
    _check(api, students)
    return {
        "seconds": seconds,
        "start": start - begun,
        "cost": seconds / copies * WORKERS / student_compute(),
        "call": call_ratio(),
    }


SIDES: dict[str, Callable[[Course, int], dict[str, float]]] = {"stock": stock_side, "jailed": jailed_side}


def student_compute(repeats: int = 9) -> float:
    """Seconds that the solved notebook with its checks takes in plain Python, everything imported and warm."""
    code = [compile(source, "cell", "exec") for source in solved_source()]
    times = []
    for _ in range(repeats):
        namespace: dict[str, Any] = {"__name__": "__main__"}
        begun = time.perf_counter()
        for cell in code:
            exec(cell, namespace)  # our own notebook, to time it
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def call_ratio() -> float:
    """A call of a student's function, a tensor in and a tensor out, over the same by way of a pipe and pickle.

    The two take turns, so that both meet the same load.
    """
    import torch

    from autograder.jail.host.backends import choose
    from autograder.jail.host.worker import Worker

    x, ratios = torch.randn(32, 32), []
    ours, theirs = multiprocessing.Pipe()
    echo = multiprocessing.get_context("spawn").Process(target=double, args=(theirs,), daemon=True)
    echo.start()
    with Worker(choose(None, private=())) as worker:
        process = worker.fork()
        process.allow(600, 600)
        process.run_cell("def double(x):\n    return 2 * x", "bench")
        ours.send(x.numpy())
        if not ours.poll(120):
            raise CourseError("the process at the other end of the pipe did not start")
        ours.recv()
        for _ in range(CALLS):
            begun = time.perf_counter()
            process.student.double(x)
            between = time.perf_counter()
            ours.send(x.numpy())
            ours.recv()
            ratios.append((between - begun) / (time.perf_counter() - between))
        process.end()
    ours.send(None)
    echo.join()
    return statistics.median(ratios)


def _turn(side: str, copies: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        course = make_course(Path(folder) / side, jailed=side == "jailed")
        command = [sys.executable, "-m", "bench", "--side", side, "--folder", str(course.root)]
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "PYTHONPATH": str(Path(__file__).parents[1]),
        }
        done = subprocess.run(
            [*command, "--copies", str(copies)],
            capture_output=True,
            text=True,
            env=environment,
            cwd=course.root,
        )
        if done.returncode:
            raise CourseError(
                f"the {side} side failed: {(done.stderr.strip().splitlines() or ['no message'])[-1]}"
            )
        figures: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
        return figures


def _recorder(course: Course) -> Any:
    from nbgrader.apps import NbGraderAPI
    from nbgrader.apps.baseapp import NbGrader
    from nbgrader.coursedir import CourseDirectory

    app = NbGrader()
    app.load_config_file()
    app.config.NbGraderAPI.log_level = "WARN"
    api = NbGraderAPI(CourseDirectory(config=app.config), config=app.config)
    report = api.generate_assignment(ASSIGNMENT)
    if not report["success"]:
        raise CourseError(f"nbgrader generate_assignment failed: {report['error'].strip().splitlines()[-1]}")
    return api


def _autograde(api: Any, students: list[str]) -> None:
    for student in students:
        report = api.autograde(ASSIGNMENT, student)
        if not report["success"]:
            raise CourseError(f"autograding {student} failed: {report['error'].strip().splitlines()[-1]}")


def _check(api: Any, students: list[str]) -> None:
    """Every copy is correct; CourseError where a side did not give it full marks."""
    with api.gradebook as gradebook:
        for student in students:
            submission = gradebook.find_submission(ASSIGNMENT, student)
            if submission.score != submission.max_score:
                raise CourseError(
                    f"{student} got {submission.score} of {submission.max_score} for a correct submission"
                )


if __name__ == "__main__":
    sys.exit(main())
