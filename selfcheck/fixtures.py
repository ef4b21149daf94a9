"""The needs of a folder's public tests: `student`, `rng`, `not_allowed` and the marks.

A folder's conftest.py imports them from here.

`pytest` in an assignment's folder runs the definitions of the notebook beside the tests; a check cell runs the same
tests against the live notebook.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from selfcheck.allowed import NotAllowed, read_not_allowed
from selfcheck.errors import StudentError
from selfcheck.ladder import (
    exercise_of,
    pytest_configure,
    pytest_pyfunc_call,
    pytest_runtest_makereport,
    pytest_runtest_setup,
)
from selfcheck.live import LiveStudent
from selfcheck.notebook import NotebookError, NotebookRun, find_notebook, read_notebook
from selfcheck.random import Rng, derive_seed
from selfcheck.unwritten import pytest_report_teststatus, pytest_terminal_summary

__all__ = [
    "not_allowed",
    "pytest_configure",
    "pytest_pyfunc_call",
    "pytest_report_teststatus",
    "pytest_runtest_makereport",
    "pytest_runtest_setup",
    "pytest_terminal_summary",
    "rng",
    "student",
]

NAMESPACE = pytest.StashKey[Mapping[str, Any]]()
"""In a check cell's session: the live notebook's names."""
NOTEBOOK = pytest.StashKey[Path]()
"""In a terminal's session: the notebook that was named."""
_runs = pytest.StashKey[dict[Path, NotebookRun]]()


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> Rng:
    """Random inputs, the same in every run of one test and different between tests."""
    return Rng(derive_seed(exercise_of(request.node), request.node.name))


@pytest.fixture
def not_allowed(request: pytest.FixtureRequest) -> NotAllowed:
    """The things that the test's exercise does not allow, for `assert_own`."""
    try:
        return read_not_allowed(request.node.path.parent, exercise_of(request.node))
    except (OSError, ValueError) as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def student(request: pytest.FixtureRequest) -> Iterator[LiveStudent]:
    """The student's notebook: `student.conv2d` is its function of that name."""
    allow_mutation = request.node.get_closest_marker("mutates") is not None
    namespace = request.config.stash.get(NAMESPACE, None)
    if namespace is None:
        namespace = _notebook_namespace(request)
    seed = derive_seed("global", exercise_of(request.node), request.node.name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield LiveStudent(namespace, allow_mutation)


def _notebook_namespace(request: pytest.FixtureRequest) -> Mapping[str, Any]:
    runs = request.config.stash.setdefault(_runs, {})
    try:
        path = request.config.stash.get(NOTEBOOK, None) or find_notebook(request.node.path.parent)
        if path not in runs:
            runs[path] = NotebookRun(read_notebook(path))
        namespace = runs[path].up_to(exercise_of(request.node))
    except NotebookError as error:
        pytest.fail(str(error), pytrace=False)
    return _Explaining(namespace, runs[path].errors)


class _Explaining(Mapping[str, Any]):
    """A notebook's names; one that is missing because its cell failed is explained by that failure."""

    def __init__(self, namespace: Mapping[str, Any], errors: list[str]) -> None:
        self._namespace, self._errors = namespace, errors

    def __contains__(self, name: object) -> bool:
        if name not in self._namespace and self._errors:
            failures = "; ".join(self._errors[-2:])
            raise StudentError(("NameError",), f"`{name}` is not defined, and a cell failed: {failures}")
        return name in self._namespace

    def __getitem__(self, name: str) -> Any:
        return self._namespace[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._namespace)

    def __len__(self) -> int:
        return len(self._namespace)
