"""How many grading processes a machine's memory holds, and which submissions are graded first."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.classroom import outcomes
from autograder.classroom.admission import GRADER_BYTES, Usual, available_memory, workers
from autograder.classroom.options import GradingOptions
from autograder.classroom.outcomes import class_outcomes
from autograder.classroom.pool import Task
from autograder.course import Course
from autograder.grading.assignment import Assignment
from autograder.jail.inside.policy import GIB, Limits
from tests.grading import toy

MEMINFO = "MemTotal: 16000000 kB\nMemFree: 1000000 kB\nMemAvailable: 8000000 kB\n"


def machine(folder: Path, groups: dict[str, dict[str, str]], own: str) -> tuple[Path, Path]:
    proc, tree = folder / "proc", folder / "cgroup"
    (proc / "self").mkdir(parents=True)
    (proc / "meminfo").write_text(MEMINFO)
    (proc / "self" / "cgroup").write_text(f"1:name=systemd:/old\n0::{own}\n")
    for group, files in groups.items():
        (tree / group).mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (tree / group / name).write_text(text)
    return proc, tree


def test_memory_is_what_the_tightest_bound_leaves(tmp_path: Path) -> None:
    """A container's bound counts where it is tighter than the machine; its cache of files gives way."""
    job = {
        "memory.max": "3000000000\n",
        "memory.current": "1000000000\n",
        "memory.stat": "anon 5\ninactive_file 400000000\n",
    }
    proc, tree = machine(
        tmp_path, {"slurm/job": job, "slurm": {"memory.max": "max\n", "memory.current": "9\n"}}, "/slurm/job"
    )
    assert available_memory(proc, tree) == 2_400_000_000
    (tree / "slurm" / "job" / "memory.max").write_text("max\n")
    assert available_memory(proc, tree) == 8_000_000 * 1024
    (tree / "slurm" / "memory.max").write_text("1000000\n")
    assert available_memory(proc, tree) == 999_991, "the bound of a group above counts too"


def test_a_machine_that_does_not_say_has_one_process_a_core(tmp_path: Path) -> None:
    assert available_memory(tmp_path, tmp_path) is None
    assert 1 <= workers() <= len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("memory", "fit"), [(0, 1), (Limits().memory_bytes + 3 * GRADER_BYTES, 3), (1000 * GIB, 64)]
)
def test_no_more_processes_than_memory_or_cores(
    memory: int, fit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    assert workers(memory) == fit


def test_what_an_exercise_takes_is_the_middle_of_what_it_took() -> None:
    assert Usual([]).seconds(["conv", "train"]) == 2, "nothing is known: as many as there are exercises"
    took = ((1.0, 9.0), (1.2, 11.0), (90.0, 10.0))
    usual = Usual([*({"conv": conv, "train": train} for conv, train in took), {}])
    assert usual.seconds(["conv", "train"]) == pytest.approx(11.2)
    assert usual.seconds(["new"]) == pytest.approx(5.6) and usual.seconds([]) == 0


def test_who_takes_longest_is_graded_first(
    tmp_path: Path, assignment: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    course, order = Course(tmp_path / "course"), list[str]()
    whole = toy.solved()
    half = toy.solved(double="def double(x):\n    raise NotImplementedError")
    for student, cells in {"ann": half, "bob": whole}.items():
        path = course.submission_folder(student, "toy") / "toy.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(toy.document(cells))

    def grade(tasks: list[Task], *_: object, **__: object) -> list[tuple[Task, str]]:
        order.extend(task.key for task in tasks)
        return [(task, task.key) for task in tasks]

    monkeypatch.setattr(outcomes, "load_assignment", lambda course, name: assignment)
    monkeypatch.setattr(outcomes, "grade_all", grade)
    found = dict(class_outcomes(course, "toy", ["ann", "bob"], GradingOptions()))
    assert order == [found["bob"], found["ann"]]
