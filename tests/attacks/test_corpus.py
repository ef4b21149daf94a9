"""Hostile submissions, one file each in `corpus/`, through the whole grader.

A file's first lines say what must come out of the exercise it attacks:

    # Attack: what it tries
    # Verdict: failed                  or several, one of which it must be: crashed, timeout
    # Share: 0.75                      where it earns some of its tests honestly; 0 if not said
    # Spoils: triple                   where the student loses a later exercise too, by changing torch for himself

Whatever it tries, the exercise before it keeps its points, and so does the next submission.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.grading import session
from autograder.grading.assignment import Assignment
from autograder.grading.grade import grade
from autograder.grading.parse_notebook import parse
from autograder.grading.result import Result, Verdict
from autograder.jail.host.backends import BACKENDS, choose
from autograder.jail.host.worker import Worker
from autograder.jail.inside.policy import MIB, Limits

HERE = Path(__file__).parent
CORPUS = sorted((HERE / "corpus").glob("*.py"))
HONEST = {
    "double": "def double(x):\n    return 2 * x",
    "scale": "def scale(x, factor):\n    return x * factor",
    "triple": "def triple(x):\n    return 3 * x",
}
ON_THE_JAIL = {
    *("read_the_suite", "poke_the_zygote", "poison_the_next", "close_the_socket", "stop_oneself"),
    *("fork_bomb", "thread_bomb", "disk_bomb", "disk_bomb_unseen", "memory_bomb"),
}
SMALL = Limits(memory_bytes=768 * MIB, disk_bytes=32 * MIB, files=500)


def notebook(solutions: dict[str, str]) -> bytes:
    """A submission with these solution cells, as .ipynb."""
    cells = []
    for exercise, source in solutions.items():
        for grade_id, text, graded in (
            (f"{exercise}_solution", source, False),
            (exercise, f'check("{exercise}")', True),
        ):
            marks = {
                "grade_id": grade_id,
                "grade": graded,
                "solution": not graded,
                "points": 1,
                "schema_version": 3,
            }
            cells.append(
                {"cell_type": "code", "source": text, "metadata": {"nbgrader": marks}, "outputs": []}
            )
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def expected(attack: Path) -> dict[str, str]:
    header = dict(re.findall(r"^# (Attack|Verdict|Share|Spoils): (.*)$", attack.read_text(), re.MULTILINE))
    return {"Share": "0", "Spoils": "", **header}


def attacks() -> list[tuple[str, Path]]:
    """Every attack on the first backend that works here; those on the jail itself on the other one too."""
    first = choose().name
    others = [
        (name, path) for name in BACKENDS if name != first for path in CORPUS if path.stem in ON_THE_JAIL
    ]
    return [(first, path) for path in CORPUS] + others


@pytest.fixture(scope="module")
def workers() -> Iterator[Callable[[str], Worker]]:
    """A worker of each backend, started when it is first asked for."""
    with contextlib.ExitStack() as stack:
        yield functools.cache(lambda name: stack.enter_context(Worker(choose(name), SMALL)))


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return Assignment("attacked", "attacked", parse(notebook(HONEST)), HERE / "suite")


def shares(result: Result) -> dict[str, float]:
    return {exercise.id: exercise.share for exercise in result.exercises}


@pytest.mark.parametrize(
    ("backend", "attack"), attacks(), ids=lambda value: value.stem if isinstance(value, Path) else value
)
def test_attack_earns_nothing(
    backend: str,
    attack: Path,
    workers: Callable[[str], Worker],
    assignment: Assignment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = workers(backend)
    want = expected(attack)
    with monkeypatch.context() as hurry:
        hurry.setattr(
            session, "_IDLE_SLACK", 0.5
        )  # the quick tests here need no patience with a loaded machine
        result = grade(notebook({**HONEST, "scale": attack.read_text()}), assignment, 1, worker)
    attacked = next(exercise for exercise in result.exercises if exercise.id == "scale")
    assert attacked.verdict.value in want["Verdict"].split(" or "), attacked
    assert math.isclose(attacked.share, float(want["Share"]))
    assert attacked.verdict is Verdict.NOT_GRADABLE or not attacked.fault
    kept = shares(result)
    assert kept["double"] == 1.0
    # What a student's own earlier cell breaks for a later one may cost the student points, and never earns any.
    assert kept["triple"] == 1.0 or (want["Spoils"] and kept["triple"] == 0.0)
    assert all(len(test.message) <= 600 for test in attacked.tests)

    following = grade(notebook(HONEST), assignment, 1, worker)
    assert shares(following) == {"double": 1.0, "scale": 1.0, "triple": 1.0}


def test_every_attack_says_what_must_come_out() -> None:
    assert len(CORPUS) > 50
    for attack in CORPUS:
        assert {"Attack", "Verdict"} <= expected(attack).keys(), attack
