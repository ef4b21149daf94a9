"""Grading on a cluster: a real scheduler and its workers on this machine, one of them lost, the same bytes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import nbformat
import pytest

from autograder.classroom import cluster, cluster_worker, parcels
from autograder.classroom.options import GradingOptions
from autograder.classroom.outcomes import class_outcomes
from autograder.classroom.pool import Task
from autograder.classroom.workplace import JailChoice
from autograder.course import Course, CourseError
from autograder.grading.assignment import Assignment
from autograder.grading.parse_notebook import Cell
from autograder.grading.pytest_session import Selection
from autograder.grading.result import Result, Verdict
from bench.course import ASSIGNMENT, NOTEBOOK, make_course, submit_copies
from tests.grading import toy

distributed: Any = pytest.importorskip(
    "distributed", reason=f"dask is not installed, so no cluster is tried: {parcels.PIP}"
)
SUBMISSIONS = 6
DASK = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "10s"}


class Cluster:
    """A scheduler and worker processes of this machine; each is ended by its own id."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.processes = folder, list[subprocess.Popen[bytes]]()
        self.file = folder / "scheduler.json"
        self.start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        wait_until(self.file.exists)
        self.address: str = json.loads(self.file.read_text())["address"]

    def start(self, program: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{program}", *options]
        with open(self.folder / f"{program}-{len(self.processes)}.log", "wb") as log:
            process = subprocess.Popen(
                [*command, "--scheduler-file", str(self.file)],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env={**os.environ, **DASK},
            )
        self.processes.append(process)
        return process

    def worker(self, name: str, *options: str) -> subprocess.Popen[bytes]:
        place = ("--name", name, "--nthreads", "1", "--no-dashboard", "--local-directory", str(self.folder))
        return self.start("dask_worker", *place, *options)

    def end(self) -> None:
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until(holds: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    found = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        yield found
    finally:
        found.end()


@pytest.fixture
def timing(tmp_path: Path) -> Course:
    """Submissions that differ: the first is right, others break an exercise; in each a cell of the student's sleeps."""
    course = make_course(tmp_path / "a course", jailed=True)
    for number, student in enumerate(submit_copies(course, SUBMISSIONS)):
        path = course.submission_folder(student, ASSIGNMENT) / f"{NOTEBOOK}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        solutions = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]
        solutions[0].source = "import time; time.sleep(0.7)\n" + solutions[0].source
        if number:
            solutions[number % len(solutions)].source += "\nsoftmax = fit_line = linear_backward = None"
        nbformat.write(notebook, path)
    return course


def graded(course: Course, **options: Any) -> Iterator[tuple[str, Result | str]]:
    choice = GradingOptions(backend="landlock", force=True, **options)
    return class_outcomes(course, ASSIGNMENT, course.students(ASSIGNMENT), choice)


def scored(found: dict[str, Result | str]) -> dict[str, bytes]:
    return {
        student: outcome.scored_bytes() for student, outcome in found.items() if isinstance(outcome, Result)
    }


def test_a_worker_is_lost_in_mid_run_and_the_bytes_are_those_of_a_local_run(
    running: Cluster, timing: Course
) -> None:
    """One worker has a nanny, as `dask worker` starts it; the one that is killed has none, so that it stays away."""
    lost = running.worker("lost", "--no-nanny")
    running.worker("kept")
    with distributed.Client(running.address, set_as_default=False) as watcher:
        wait_until(lambda: len(watcher.nthreads()) == 2)
        (address,) = (
            a for a, w in watcher.scheduler_info(n_workers=-1)["workers"].items() if w["name"] == "lost"
        )
        outcomes = graded(timing, cluster=running.address)
        found = dict([next(outcomes)])
        assert watcher.processing()[address], "it has work when it dies"
        lost.send_signal(signal.SIGKILL)
        for student, outcome in outcomes:
            assert student not in found, "each once"
            found[student] = outcome
        assert len(watcher.nthreads()) == 1
    assert found.keys() == set(timing.students(ASSIGNMENT))
    here = dict(graded(timing, jobs=2))
    assert len(scored(here)) == SUBMISSIONS and scored(found) == scored(here)
    results = [outcome for outcome in found.values() if isinstance(outcome, Result)]
    assert all(result.jail.backend == "landlock" and result.jail.proofs for result in results)
    assert {result.score for result in results} > {20.0}
    assert all(result.verdict is Verdict.PASSED for result in results)


@pytest.mark.parametrize(
    ("replaced", "said"),
    [
        ("environment_digest", r"Python or a package .*torch 2\.\S+ here, 1\.0 there"),
        ("engine_digest", "the version of autograder"),
    ],
)
def test_a_worker_that_would_grade_otherwise_refuses(
    running: Cluster, timing: Course, monkeypatch: pytest.MonkeyPatch, replaced: str, said: str
) -> None:
    if len(running.processes) < 3:
        running.worker("kept")
    versions = {**parcels._versions(), "torch": "1.0"}
    monkeypatch.setattr(parcels, replaced, lambda: "another")
    if replaced == "environment_digest":
        monkeypatch.setattr(parcels, "_versions", lambda: versions)
    with pytest.raises(CourseError, match=rf"^worker .*tcp://.*{said}.*take it out.*is kept"):
        list(graded(timing, cluster=running.address))
    assert not list(timing.results.rglob("*.json"))


def test_a_cluster_without_a_worker_is_said(
    tmp_path: Path, timing: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "WORKERS_WAIT", 1.0)
    empty = Cluster(tmp_path)
    try:
        with pytest.raises(CourseError, match="no worker for 1 seconds: start some with `dask worker tcp://"):
            list(graded(timing, cluster=empty.address))
    finally:
        empty.end()


def test_without_a_scheduler_or_without_dask_one_sentence_says_what_to_do(
    timing: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1.0)
    with pytest.raises(CourseError, match="no dask scheduler answers at tcp://127.0.0.1:9 .*dask scheduler"):
        list(graded(timing, cluster="tcp://127.0.0.1:9"))
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(CourseError, match=r"needs dask .*pip install .*\[cluster\]"):
        list(graded(timing, cluster="tcp://127.0.0.1:9"))


# Parcels, without a cluster ---------------------------------------------------------------------------------------


@pytest.fixture
def choice(tmp_path: Path) -> JailChoice:
    return JailChoice("landlock", private=(tmp_path / "hidden",), answers=tmp_path / "results" / "answers")


def test_a_task_arrives_as_it_was_sent(tmp_path: Path, assignment: Assignment, choice: JailChoice) -> None:
    course = Course(tmp_path)
    cells = (Cell("code", "x = '\N{SNOWMAN}'", "half \ud800", "solution", 2.5), Cell("markdown", "", None))
    task = Task("key", cells, assignment, 7, choice, Selection(exercises=frozenset({"double"})))
    assert parcels.unpack_task(parcels.pack_task(task)) == (cells, 7, task.selection)
    everything = replace(task, selection=Selection())
    assert parcels.unpack_task(parcels.pack_task(everything))[2] == Selection()
    sent = parcels.pack_assignment(course, assignment, choice)
    found, jail = parcels.unpack_assignment(sent)
    assert found == assignment and found.suite_digest == assignment.suite_digest
    assert jail == replace(choice, answers=None), "another machine: answers stay in its memory"
    course.secret.write_text(assignment.secret + "\n")
    assert parcels.unpack_assignment(sent)[1] == choice, "the course is mounted there"


def test_another_suite_is_refused_and_a_missing_one_too(tmp_path: Path, choice: JailChoice) -> None:
    mine = toy.write(tmp_path)
    sent = parcels.pack_assignment(Course(tmp_path), mine, choice)
    test = mine.suite / "test_double.py"
    test.write_text(test.read_text() + "\n")
    with pytest.raises(CourseError, match="for these differ: the suite of toy. Install there"):
        parcels.unpack_assignment(sent)
    mine.suite.rename(tmp_path / "elsewhere")
    with pytest.raises(CourseError, match="no suite of toy in .* every machine mounts"):
        parcels.unpack_assignment(sent)


def test_a_worker_meets_an_edited_suite(tmp_path: Path) -> None:
    mine = toy.write(tmp_path)
    jail = JailChoice("none", unsafe_no_jail=True)
    sent = parcels.pack_assignment(Course(tmp_path), mine, jail)
    assert cluster_worker._assignment(sent)[0].suite_digest == mine.suite_digest
    test = mine.suite / "test_double.py"
    test.write_text(test.read_text() + "\n")
    said = msgspec.msgpack.decode(cluster_worker.answer(b"", sent, "worker w"), type=parcels.Answer)
    assert said.stops.startswith("worker w: it would not grade as you do") and not said.unjailed


class Done:
    """A future of a cluster that holds what a worker said."""

    def __init__(self, said: parcels.Answer) -> None:
        self.said = said

    def result(self, timeout: float) -> bytes:
        return msgspec.msgpack.encode(self.said)


class Recording:
    """A client that runs nothing and keeps what it was given."""

    def __init__(self, *arguments: object, **options: object) -> None:
        self.given: list[tuple[object, ...]] = []

    def submit(self, function: object, *arguments: object, **options: object) -> Done:
        self.given.append((function, *arguments))
        return Done(parcels.Answer(waits="a reason"))

    def nthreads(self) -> dict[str, int]:
        return {"a": 1}

    def cancel(self, futures: list[object], force: bool = False) -> None:
        pass

    def close(self, timeout: float) -> None:
        pass


def test_dask_is_given_a_name_of_ours_and_bytes(
    tmp_path: Path, assignment: Assignment, choice: JailChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It pickles what it moves: nothing of a student's may be an object in it."""
    client = Recording()
    monkeypatch.setattr(distributed, "Client", lambda *arguments, **options: client)
    monkeypatch.setattr(cluster._Cluster, "prove", lambda self, parcel: None)
    monkeypatch.setattr(cluster._Cluster, "finished", lambda self, futures: futures)
    work = [
        Task("a", toy.document(toy.solved()), assignment, 0, choice),
        Task("b", b"{", assignment, 0, choice),
    ]
    found = {task.key: said for task, said in cluster.grade_on_cluster(Course(tmp_path), work, "x")}
    assert found["a"] == "a reason" and "not JSON" in str(found["b"])
    ((function, *arguments),) = client.given
    assert function is cluster_worker.run and {type(argument) for argument in arguments} == {bytes}
