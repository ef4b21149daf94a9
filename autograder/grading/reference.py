"""The reference asked what a student was asked: a test that fails on it too is our fault, not the student's."""

from __future__ import annotations

from typing import Any

import torch

from autograder.grading.assignment import Assignment
from autograder.grading.replaying import Replay, answering, students_seed
from autograder.wire.handles import Notebook
from selfcheck.compare import revealing
from selfcheck.random import Rng

_MOST_KEPT = 4


class Reference:
    """An assignment's own solution, run in this process behind the same protocol; keeps what it was asked, so that a
    class pays for each test once."""

    def __init__(self, assignment: Assignment) -> None:
        self._cells = [
            (cell.grade_id, cell.source)
            for cell in assignment.cells
            if cell.kind == "code" and cell.role in ("given", "solution")
        ]
        self._namespace: dict[str, Any] | None = None
        self._faults: dict[tuple[str, str, int], str] = {}

    def fault(self, exercise: str, replay: Replay) -> str:
        """The error of a test on the reference, on the inputs that it had; nothing where the reference passes."""
        key = (exercise, replay.name, replay.seed)
        if key not in self._faults:
            self._faults[key] = self._run(replay)
        return self._faults[key]

    def _run(self, replay: Replay) -> str:
        with (
            torch.random.fork_rng(devices=[]),
            answering(self._names(), replay.seconds) as peer,
            revealing(False),
        ):
            peer.mirror, peer.notice = replay.mutates, (lambda _: None) if replay.noticing else None
            peer.request("seed", 1, students_seed(replay.seed))
            try:
                replay.function(Notebook(peer), Rng(replay.seed))
            except Exception as error:  # whatever it is, it is ours
                return f"{type(error).__name__}: {error}"
        return ""

    def _names(self) -> dict[str, Any]:
        if self._namespace is None:
            namespace: dict[str, Any] = {"__name__": "__main__"}
            for label, source in self._cells:
                exec(compile(source, f"<reference {label}>", "exec", dont_inherit=True), namespace)
            self._namespace = namespace
        return self._namespace


_known: dict[str, Reference] = {}


def reference_of(assignment: Assignment) -> Reference:
    """This process's reference of an assignment."""
    digest = assignment.suite_digest
    if digest not in _known:
        if len(_known) >= _MOST_KEPT:
            del _known[next(iter(_known))]
        _known[digest] = Reference(assignment)
    return _known[digest]
