"""One jail of each kind for all tests here, and the small assignment."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch

from autograder.grading import session
from autograder.grading.assignment import Assignment
from autograder.grading.grade import grade
from autograder.grading.result import Result
from autograder.jail.host.backends import BACKENDS
from autograder.jail.host.worker import Worker
from autograder.jail.inside.policy import Limits

from . import toy

LIMITS = Limits(memory_bytes=1 << 30)
"""A memory hog is stopped sooner than in earnest."""


@pytest.fixture(scope="session")
def workers() -> Iterator[Callable[[str], Worker]]:
    """Workers by backend, started on first use."""
    torch.set_num_threads(1)
    started: dict[str, Worker] = {}

    def worker(name: str) -> Worker:
        if name not in started:
            started[name] = Worker(BACKENDS[name](), LIMITS)
        return started[name]

    yield worker
    for one in started.values():
        one.close()


@pytest.fixture
def worker(workers: Callable[[str], Worker]) -> Worker:
    return workers("landlock")


@pytest.fixture(params=list(BACKENDS))
def each_worker(request: pytest.FixtureRequest, workers: Callable[[str], Worker]) -> Worker:
    return workers(request.param)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell gets one second, and waiting ends soon."""
    torch.set_num_threads(1)
    monkeypatch.setattr(session, "CELL_SECONDS", 1.0)
    monkeypatch.setattr(session, "_IDLE_SLACK", 1.0)


@pytest.fixture(scope="session")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    return toy.write(tmp_path_factory.mktemp("course"))


Grade = Callable[..., Result]


@pytest.fixture
def graded(worker: Worker, assignment: Assignment) -> Grade:
    """Grades a notebook (its content or its bytes) and shows the result as text where a test fails."""

    def graded(
        content: object, seed: int = 0, worker: Worker = worker, assignment: Assignment = assignment
    ) -> Result:
        document = content if isinstance(content, bytes) else toy.document(content)
        return grade(document, assignment, seed, worker)

    return graded
