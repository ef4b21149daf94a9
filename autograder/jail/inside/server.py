"""The student's side of the boundary: runs the notebook's cells and answers the grader's calls.

Everything here shares a process with the student's code, so nothing here is trusted or secret; whatever it answers is
the student's answer.
"""

from __future__ import annotations

import sys
from typing import Any

from autograder.wire.frames import Channel, PeerGone, ProtocolViolation
from autograder.wire.handles import STUDENT_OPERATIONS, GivenFunction, callables_of
from autograder.wire.peer import Operation, Peer
from selfcheck.cells import CellRunner, describe, quiet


class Names:
    """A namespace as the object that is exported first; attribute access is what the grader's `student` asks."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        try:
            return self._namespace[name]
        except KeyError:
            raise NameError(f"`{name}` is not defined in the notebook") from None

    def __call__(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call what is behind a name now."""
        return getattr(self, name)(*args, **kwargs)


class RunningNotebook(Names):
    """The names that the cells run so far have defined, and what runs the next cell."""

    def __init__(self, runner: CellRunner) -> None:
        super().__init__(runner.namespace)
        self._runner = runner


def _run_cell(peer: Peer, notebook: RunningNotebook, source: str, label: str) -> dict[str, str]:
    """Run a cell; the functions and classes that the notebook then has."""
    error = notebook._runner.run(source, label)
    if error is not None:
        raise error
    return callables_of(notebook._namespace)


def _guard(peer: Peer, notebook: RunningNotebook, number: int, command: str, mark: str) -> Any:
    """Hand a command to this process's guard, and its answer back; see `guard`."""
    answers: list[Any] = []
    sys.audit("autograder.guard", number, command, mark, answers)
    return answers[0] if answers else None


def describe_error(error: BaseException) -> tuple[list[str], str, str]:
    """An exception as the wire carries it: class names, text, place."""
    described = describe(error)
    return list(described.types), described.message, described.where


def serve(channel: Channel, runner: CellRunner) -> None:
    """Answer until the grader hangs up."""
    notebook = RunningNotebook(runner)

    operations: dict[str, Operation] = {**STUDENT_OPERATIONS, "run_cell": _run_cell, "guard": _guard}
    peer = Peer(channel, operations, describe_error, GivenFunction, mirror=True)
    peer.export(notebook)  # the first export has id 1, which the grader counts on
    with quiet():
        try:
            peer.serve()
        except (PeerGone, ProtocolViolation):
            return
