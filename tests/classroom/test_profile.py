"""Where the time of a class went: every second of a process has one stage, and what is not profiled is not measured."""

from __future__ import annotations

import io
import json
import os
import time
from pathlib import Path

import pytest
from rich.console import Console

from autograder.classroom import outcomes, profile, stages
from autograder.classroom.options import GradingOptions
from autograder.classroom.outcomes import class_outcomes
from autograder.classroom.stages import CELLS, POINTS, STUDENT, TESTS, Graded, Spent, Stages, read_graded
from autograder.cli.profile import show_profile, write_profile
from autograder.course import Course, CourseError
from autograder.grading.assignment import Assignment
from autograder.grading.result import Result
from tests.classroom.test_grade_class import Quiet
from tests.gradebook.conftest import make_result
from tests.grading import toy


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(stages.time, "monotonic", lambda: self.now)

    def passes(self, seconds: float) -> None:
        self.now += seconds


def test_a_stage_does_not_count_the_stages_inside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, watched = Clock(monkeypatch), Stages()
    with watched.stage("outer"):
        clock.passes(1)
        for _ in range(2):
            with watched.stage("inner"):
                clock.passes(10)
                with pytest.raises(KeyError), watched.stage("outer"):
                    clock.passes(100)
                    raise KeyError
        clock.passes(2)
        assert watched.current == "outer"
        spent, _ = watched.take()
        clock.passes(4)
    assert spent == {"outer": Spent(203.0, 2), "inner": Spent(20.0, 2)}
    assert watched.take()[0] == {"outer": Spent(4.0, 1)} and watched.current == ""


def test_stages_are_measured_only_while_somebody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    with stages.watching() as watched:
        with stages.stage("seen"):
            clock.passes(3)
        spent = dict(watched.spent)
    with stages.stage("unseen"):
        clock.passes(5)
    assert spent == {"seen": Spent(3.0, 1)} and dict(watched.spent) == spent


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_what_is_timed_of_the_engine_exists(point: stages.Point) -> None:
    owner, name = stages._owner(point)
    assert callable(getattr(owner, name))


def test_a_profiled_class_accounts_for_every_second(
    tmp_path: Path, assignment: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "load_assignment", lambda course, name: assignment)
    course = Course(tmp_path / "a course")
    answers = {"ann": toy.solved(), "bob": toy.solved(double="def double(x): return 3 * x")}
    for student, cells in answers.items():
        path = course.submission_folder(student, "toy") / "toy.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(toy.document(cells))
    folder = tmp_path / "profile"
    folder.mkdir()
    options = GradingOptions(backend="landlock", profile=folder)
    with stages.watching() as watched:
        found = dict(class_outcomes(course, "toy", list(answers), options))
        grader, _ = watched.take()
    results = [found[student] for student in answers]
    assert all(isinstance(result, Result) for result in results)
    assert grader["storing results"].calls == 2
    assert grader["reading submissions and stored results"].calls == 2

    each = read_graded(folder)
    assert [one.key for one in each] == [result.key for result in results if isinstance(result, Result)]
    for one, result in zip(each, results, strict=True):
        assert isinstance(result, Result) and result.measured is not None
        accounted = sum(spent.seconds for spent in one.stages.values())
        assert accounted == pytest.approx(one.ended - one.begun, abs=0.01)
        assert one.ended - one.begun >= result.measured.seconds > 0
        assert {"fork", "end of processes", CELLS, "pytest", TESTS, STUDENT} <= one.stages.keys()
        assert one.exercises.keys() == result.measured.exercises.keys()
        inside = one.stages[TESTS].seconds + one.stages[STUDENT].seconds
        others = sum(one.stages[name].seconds for name in ("diagnosis", "refusals") if name in one.stages)
        assert inside - 0.01 <= sum(one.exercises.values()) <= inside + others + 0.01
    assert each[0].jail > 0.1 and each[1].jail == 0
    assert "diagnosis" not in each[0].stages and "diagnosis" in each[1].stages, "of what failed alone"

    assert dict(class_outcomes(course, "toy", list(answers), options)) == found
    assert len(read_graded(folder)) == 2, "what is stored is not graded"


def graded(process: int, begun: float, ended: float, jail: float = 0.0, **seconds: float) -> Graded:
    named = {"cells": CELLS, "student": STUDENT, "tests": TESTS}
    spent = {named.get(name, name): Spent(value, 1) for name, value in seconds.items()}
    return Graded(
        key=f"{process}-{begun}",
        process=process,
        begun=begun,
        ended=ended,
        jail=jail,
        stages=spent,
        exercises={"conv2d": ended - begun - 1, "pool": 0.5},
    )


EACH = [
    graded(1, 8.0, 10.0, jail=5.0, cells=0.5, student=0.5, tests=0.5, fork=0.5),
    graded(2, 9.0, 12.0, jail=6.0, cells=0.5, student=1.0, tests=1.0, fork=0.5),
    graded(1, 11.0, 13.0, cells=0.5, student=0.5, tests=0.5, diagnosis=0.5),
]
"""Two processes; the first waits for a second, the second has nothing to do in the last one."""


def test_the_profile_of_a_class() -> None:
    found = profile.made("ch05", {"recording": Spent(0.3, 3)}, EACH, 2.0, 14.0, 3)
    assert (found.processes, found.submissions, found.graded) == (2, 3, 3)
    assert (found.seconds, found.start, found.end) == (12.0, 6.0, 1.0)
    assert found.starting == 6.0 + 7.0 and found.idle == 2.0
    assert found.overhead == pytest.approx(1.5 / 3) and found.overhead_share == pytest.approx(1.5 / 7)
    assert found.workers["fork"] == Spent(1.0, 2) and found.jail == 11.0
    first = found.exercises[0]
    assert (first.id, first.submissions, first.seconds, first.median, first.most) == ("conv2d", 3, 4, 1, 2)


def test_a_class_that_was_stored_has_a_profile_too() -> None:
    found = profile.made("ch05", {"recording": Spent(0.3, 3)}, [], 2.0, 4.0, 3)
    assert found.start is None and found.graded == found.processes == 0 and found.overhead == 0.0
    assert "recording" in shown(found) and "neither" not in shown(found)


def shown(found: profile.ClassProfile) -> str:
    out = io.StringIO()
    show_profile(found, Console(file=out, width=100))
    return out.getvalue()


def test_the_tables_and_the_document(tmp_path: Path) -> None:
    found = profile.made("ch05", {"recording": Spent(0.3, 3)}, EACH, 2.0, 14.0, 3)
    text = shown(found)
    assert "3 graded in 2 processes, the first begun after 6.0 s; 1.0 s after the last was graded" in text
    assert "500 ms a submission, 21% of grading" in text
    rows = {line.split("│")[1].strip(): line for line in text.splitlines() if "│" in line}
    assert "0.30" in rows["recording"] and "100.0 ms" in rows["recording"]
    assert (
        "333.3 ms" in rows["fork"]
        and "2.00" in rows["waiting for work"]
        and "11.00" in rows["jail and its proofs"]
    )
    write_profile(found, tmp_path / "profile.json")
    document = json.loads((tmp_path / "profile.json").read_bytes())
    assert document["version"] == 1 and document["each"][0]["jail"] == 5.0
    with pytest.raises(CourseError, match="the grades are recorded"):
        write_profile(found, tmp_path)


def test_what_is_recorded_ends_the_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = Quiet()
    with profile.profiling() as made:
        noting = made.noting(quiet)
        noting.recorded("ann", make_result(double=1.0, square=1.0))
        last = time.monotonic()
        with stages.stage("reading grades"):
            time.sleep(0.02)
        found = made.done("toy")
        assert made.folder.is_dir()
    assert not made.folder.exists() and quiet.told == ["ann"]
    assert found.submissions == 1 and found.seconds <= last - made.begun
    assert found.grader["start of the command"].seconds > 0 and found.grader["reading grades"].seconds >= 0.02


def test_a_line_that_a_kill_cut_short_is_left_out(tmp_path: Path) -> None:
    import msgspec

    (tmp_path / "1.jsonl").write_bytes(
        msgspec.json.encode(EACH[0]) + b"\n" + msgspec.json.encode(EACH[1])[:50]
    )
    assert read_graded(tmp_path) == EACH[:1]


def test_when_this_process_began() -> None:
    before = profile.process_start()
    assert 0 < time.monotonic() - before < 3600 or before <= time.monotonic()
    pid = os.fork()
    if pid == 0:
        os._exit(0 if time.monotonic() - profile.process_start() < 5.0 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
