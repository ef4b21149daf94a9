"""What `autograder grade` shows while it works."""

from __future__ import annotations

import io
import threading

import msgspec
import pytest
from rich.console import Console

from autograder.cli.live import Display, Pace
from autograder.grading.result import Verdict
from tests.gradebook.conftest import make_result

FULL, PARTIAL = make_result(double=1.0, square=1.0), make_result(double=1.0, square=0.5)
LOST = make_result(Verdict.NOT_GRADABLE, ("The jail was lost.",))


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def display(*, terminal: bool, clock: Clock) -> tuple[Display, io.StringIO]:
    said = io.StringIO()
    return Display(Console(file=said, force_terminal=terminal, width=100, color_system=None), clock), said


def shown(of: Display) -> str:
    out = Console(file=io.StringIO(), width=100, color_system=None)
    with out.capture() as text:
        out.print(of.table())
    return text.get()


def test_the_table_says_what_is_done_left_and_found_and_how_long_the_rest_takes() -> None:
    clock = Clock()
    watching, _ = display(terminal=True, clock=clock)
    watching.phase("recording", 10)
    one_graded = watching.phase("grading", 9)
    assert "0 of 10 recorded, 10 left" in shown(watching) and "more" not in shown(watching)
    for student, outcome in [("ada", FULL), ("bob", PARTIAL), ("cyd", PARTIAL), ("dan", LOST)]:
        clock.now += 30
        one_graded()
        watching.recorded(student, outcome)
    one_graded()
    text = shown(watching)
    assert "4 of 10 recorded, 6 left, 1 graded meanwhile" in text
    assert "0:02:00, about 0:03:00 more" in text
    assert "2 below full marks, 1 with full marks, 1 waiting for a person" in text
    assert "4 passed, 2 failed" in text


def test_an_exercise_that_nobody_could_grade_waits_for_a_person() -> None:
    watching, _ = display(terminal=True, clock=Clock())
    watching.phase("recording", 1)
    exercise = msgspec.structs.replace(FULL.exercises[0], verdict=Verdict.NOT_GRADABLE, share=0.0)
    watching.recorded("ada", msgspec.structs.replace(FULL, exercises=(exercise,)))
    assert "1 waiting for a person" in shown(watching) and "1 not_gradable" in shown(watching)


def test_at_a_terminal_who_waits_is_said_at_once_above_the_table() -> None:
    watching, said = display(terminal=True, clock=Clock())
    with watching:
        watching.phase("recording", 2)
        watching.recorded("ada", FULL)
        watching.recorded("eve", "it holds no notebook")
        assert "[2/2] eve: waits: it holds no notebook\n" in said.getvalue()
    assert "ada" not in said.getvalue() and "2 of 2 recorded, 0 left" in said.getvalue()


def test_lines_printed_while_the_table_is_drawn_stop_nobody() -> None:
    watching, said = display(terminal=True, clock=Clock())

    def wait_often() -> None:
        for _ in range(50):
            watching.recorded("eve", "waits")

    with watching:
        watching.phase("recording", 200)
        threads = [threading.Thread(target=wait_often, daemon=True) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in threads)
    assert watching.done == 200 and said.getvalue().count("eve: waits") == 200


def test_where_nobody_watches_each_submission_has_a_line_and_there_is_no_table() -> None:
    watching, said = display(terminal=False, clock=Clock())
    with watching:
        watching.phase("recording", 2)
        watching.recorded("ada", FULL)
        watching.recorded("eve", "it holds no notebook")
    assert said.getvalue().splitlines() == [
        "[1/2] ada: 10 of 10 points, 2 passed; 1 left",
        "[2/2] eve: waits: it holds no notebook; 0 left",
    ]


@pytest.mark.parametrize(
    ("moments", "now", "left", "expected"),
    [
        ([], 5.0, 3, None),
        ([1.0], 5.0, 3, None),
        ([0.0, 10.0, 20.0], 20.0, 3, 30.0),
        ([0.0, 10.0, 20.0], 24.0, 3, 26.0),  # the time since the last one is part of the rest
        ([0.0, 10.0, 20.0], 60.0, 3, 20.0),  # late: a gap of 20 s by now, 40 of them waited for already
        ([0.0, 0.0, 0.0, 0.0], 40.0, 2, 0.0),
        ([float(n) for n in range(100)], 99.0, 7, 7.0),
        ([0.0, 1.0], 1.0, 0, 0.0),
    ],
)
def test_the_time_that_is_left(moments: list[float], now: float, left: int, expected: float | None) -> None:
    pace = Pace()
    for moment in moments:
        pace.came(moment)
    assert pace.seconds_left(left, now) == (expected if expected is None else pytest.approx(expected))


def test_a_burst_of_stored_results_counts_less_the_longer_nothing_comes() -> None:
    pace = Pace()
    for _ in range(10):
        pace.came(0.0)
    soon, later = pace.seconds_left(30, 10.0), pace.seconds_left(30, 100.0)
    assert soon is not None and later is not None and 0 < soon < later
