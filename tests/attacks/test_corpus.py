"""Hostile submissions, one file each in `corpus/`, through the whole grader.

A file's first lines say what must come out of the exercise it attacks:

    # Attack: what it tries
    # Verdict: failed                  or several, one of which it must be: crashed, timeout
    # Share: 0.75                      where it earns some of its tests honestly; 0 if not said
    # Spoils: triple                   where the student loses a later exercise too, by changing torch for himself
    # Twice: yes                       where it leaves a mark for its own next run, which must not find it

Whatever it tries, the exercise before it keeps its points, and an honest copy graded afterwards in the same worker gets
the same bytes as one graded before.
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
    *("mark_in_shared_memory", "mark_in_system_v_memory", "mark_in_a_message_queue", "mark_in_the_keyring"),
    *("mark_in_cwd", "mark_in_home", "mark_in_tmp", "mark_on_the_parent", "mark_by_a_process_left_behind"),
    *("read_the_course", "read_the_machines_secrets", "read_other_processes", "find_the_project"),
    *("ask_the_network", "ask_the_kernel", "address_space", "all_descriptors"),
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
    header = dict(
        re.findall(r"^# (Attack|Verdict|Share|Spoils|Twice): (.*)$", attack.read_text(), re.MULTILINE)
    )
    return {"Share": "0", "Spoils": "", "Twice": "", **header}


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


@pytest.fixture(scope="module")
def honest(workers: Callable[[str], Worker], assignment: Assignment) -> Callable[[str], bytes]:
    """The scored bytes of an honest copy, graded by a backend's worker before any attack."""

    def graded(backend: str) -> bytes:
        result = grade(notebook(HONEST), assignment, 1, workers(backend))
        assert shares(result) == {"double": 1.0, "scale": 1.0, "triple": 1.0}
        return result.scored_bytes()

    return functools.cache(graded)


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
    honest: Callable[[str], bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker, before = workers(backend), honest(backend)
    want = expected(attack)
    with monkeypatch.context() as hurry:
        hurry.setattr(
            session, "_IDLE_SLACK", 0.5
        )  # the quick tests here need no patience with a loaded machine
        submission = notebook({**HONEST, "scale": attack.read_text()})
        for _ in range(2 if want["Twice"] else 1):
            result = grade(submission, assignment, 1, worker)
    attacked = next(exercise for exercise in result.exercises if exercise.id == "scale")
    assert attacked.verdict.value in want["Verdict"].split(" or "), attacked
    assert math.isclose(attacked.share, float(want["Share"]), abs_tol=1e-5)
    assert attacked.verdict is Verdict.NOT_GRADABLE or not attacked.fault
    kept = shares(result)
    assert kept["double"] == 1.0
    # What a student's own earlier cell breaks for a later one may cost the student points, and never earns any.
    assert kept["triple"] == 1.0 or (want["Spoils"] and kept["triple"] == 0.0)
    assert all(len(test.message) <= 600 for test in attacked.tests)

    assert grade(notebook(HONEST), assignment, 1, worker).scored_bytes() == before


def test_every_attack_says_what_must_come_out() -> None:
    assert len(CORPUS) > 95
    for attack in CORPUS:
        assert {"Attack", "Verdict"} <= expected(attack).keys(), attack
