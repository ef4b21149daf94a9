"""Which misconception a student has: the one that answers a failed test exactly as the student's code did.

Each failed test is run again on every misconception of its exercise, with the same random inputs, and what it
answered is compared with what the student's code answered. The misconceptions are ours, so they run in this process,
behind the same protocol, on a thread.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from autograder.grading.assignment import Assignment
from autograder.grading.variants import Variant, load_misconceptions
from autograder.jail.inside.server import Names, describe_error
from autograder.wire.frames import Channel, PeerGone, ProtocolViolation
from autograder.wire.handles import GRADER_OPERATIONS, STUDENT_OPERATIONS, Handle
from autograder.wire.messages import HandleNode
from autograder.wire.peer import Peer
from selfcheck.compare import revealing
from selfcheck.errors import StudentError
from selfcheck.random import Rng, derive_seed

Trace = Sequence[tuple[str, Any]]
"""What a test asked and was answered, in order."""
_RELATIVE, _ABSOLUTE = 1e-4, 1e-6
_ROUGH = 0.02
"""Relative difference of what many steps of training make of one rounding."""
_KEPT_VALUES = 1000
_PATIENCE_SECONDS = 600.0
"""Longer than any misconception of ours needs on a loaded machine: giving up would change a diagnosis."""


@dataclass(frozen=True)
class Replay:
    """A test that can be run again: `function(student, rng)` with everything else bound."""

    name: str
    function: Callable[[Handle, Rng], None]
    seed: int
    mutates: bool
    trace: Trace
    failed: bool
    """Whether it failed, or noticed an argument changed in place or another dtype."""
    slow: bool
    """Whether the test is allowed more than the default time; how long it took would not be the same twice."""
    notice: Callable[[str], None] | None = None
    """The peer's `notice` for this test: set where an argument changed in place does not end it."""


def students_seed(seed: int) -> int:
    """The seed of the student's own global generators in a test: it must not tell the seed of the test's inputs."""
    return derive_seed("the student's own", seed)


class Diagnosis:
    """Knows an assignment's misconceptions; keeps what they answer, so that a class pays for each test once."""

    def __init__(self, assignment: Assignment) -> None:
        self._given = [c.source for c in assignment.cells if c.role == "given" and c.kind == "code"]
        self._variants = load_misconceptions(assignment)
        self._namespaces: dict[Variant, dict[str, Any]] = {}
        self._answers: dict[tuple[Variant, str, int], Trace] = {}

    def of_exercise(self, exercise: str, replays: Sequence[Replay]) -> dict[str, Variant]:
        """The misconception behind each failed test, by the test's name, where one answers alike.

        Where several do, the one that explains most failed tests is taken, and among those the one that also
        answers like the student in the tests that passed. Slow tests are not replayed where a quick one tells, and of
        the slow ones only the first that failed.
        """
        variants = [v for v in self._variants if v.exercise == exercise]
        failed = [r for r in replays if r.failed and not r.slow]
        slow = [r for r in replays if r.failed and r.slow][:1]
        explains: dict[Variant, set[str]] = {variant: set() for variant in variants}
        for replay in [*failed, *slow]:
            if replay.slow and any(explains.values()):
                break
            for variant in variants:
                if alike(self._answer(variant, replay), replay.trace):
                    explains[variant].add(replay.name)
        if not any(explains.values()):
            explains = self._roughly(variants, [*failed, *slow])
        most = max((len(tests) for tests in explains.values()), default=0)
        if not most:
            return {}
        best = [variant for variant in variants if len(explains[variant]) == most]
        if len(best) > 1:
            quick = [r for r in replays if not r.failed and not r.slow]
            score = {v: sum(alike(self._answer(v, r), r.trace) for r in quick) for v in best}
            best.sort(key=lambda variant: -score[variant])
        ranked = [best[0], *sorted(variants, key=lambda v: -len(explains[v]))]
        return {r.name: v for r in [*failed, *slow] for v in reversed(ranked) if r.name in explains[v]}

    def _roughly(self, variants: Sequence[Variant], failed: Sequence[Replay]) -> dict[Variant, set[str]]:
        """What each variant explains up to the chaos of training, where one alone explains a test."""
        explains: dict[Variant, set[str]] = {variant: set() for variant in variants}
        for replay in failed:
            alone = [v for v in variants if alike(self._answer(v, replay), replay.trace, _ROUGH)]
            if len(alone) == 1:
                explains[alone[0]].add(replay.name)
        return explains

    def _answer(self, variant: Variant, replay: Replay) -> Trace:
        key = (variant, replay.name, replay.seed)
        if key not in self._answers:
            self._answers[key] = self._run(variant, replay)
        return self._answers[key]

    def _run(self, variant: Variant, replay: Replay) -> Trace:
        with answering(self._namespace(variant)) as peer:
            peer.mirror, peer.notice = replay.mutates, replay.notice
            peer.request("seed", 1, students_seed(replay.seed))
            trace: list[tuple[str, Any]] = []
            peer.trace = trace
            with (
                contextlib.suppress(Exception),
                revealing(False),
            ):  # it may fail in any way a student's code may
                replay.function(Handle(peer, HandleNode(1, "instance", "Notebook")), Rng(replay.seed))
        return frozen(trace)

    def _namespace(self, variant: Variant) -> dict[str, Any]:
        if variant not in self._namespaces:
            namespace: dict[str, Any] = {"__name__": "__main__"}
            for source in (*self._given, variant.source):
                exec(compile(source, f"<misconception {variant.name}>", "exec", dont_inherit=True), namespace)
            self._namespaces[variant] = namespace
        return self._namespaces[variant]


def frozen(trace: Trace) -> Trace:
    """A trace that no longer holds graphs or handles."""
    return [(op, _plain(value)) for op, value in trace]


def alike(one: Trace, other: Trace, relative: float = _RELATIVE) -> bool:
    """Whether two traces ask and answer the same, up to rounding."""
    return len(one) == len(other) and all(
        a[0] == b[0] and _same(a[1], b[1], relative) for a, b in zip(one, other, strict=True)
    )


def _plain(value: Any, most: int = _KEPT_VALUES) -> Any:
    """A value without graphs and handles; of a container with more than `most` items, its length and some of them."""
    if isinstance(value, torch.Tensor):
        return _sample(value.detach())
    if isinstance(value, Handle):
        return ("handle", value._kind)
    if isinstance(value, str) and len(value) > _KEPT_VALUES:
        return [len(value), value[:_KEPT_VALUES]]
    if isinstance(value, (list, tuple, dict)):
        share = max(most // max(len(value), 1), 1)
        step = -(-len(value) // most) or 1
        if isinstance(value, dict):
            pairs = itertools.islice(value.items(), 0, None, step)
            kept: list[Any] = [[_plain(key, share), _plain(item, share)] for key, item in pairs]
        else:
            kept = [_plain(item, share) for item in value[::step]]
        return kept if step == 1 else [len(value), kept]
    return value


def _sample(tensor: torch.Tensor) -> Any:
    """A tensor's values; of a large one its shape and evenly spaced values, since a class's answers are kept."""
    if tensor.is_meta or tensor.numel() <= _KEPT_VALUES:
        return tensor.clone()
    step = -(-tensor.numel() // _KEPT_VALUES)
    return [list(tensor.shape), tensor.flatten()[::step].clone()]


def _same(one: Any, other: Any, relative: float) -> bool:
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        if one.shape != other.shape or one.dtype != other.dtype:
            return False
        if one.is_meta or other.is_meta:
            return one.is_meta and other.is_meta
        return torch.allclose(one, other, rtol=relative, atol=_ABSOLUTE, equal_nan=True)
    if isinstance(one, float) and isinstance(other, float):
        return (
            one == other
            or abs(one - other) <= _ABSOLUTE + relative * abs(other)
            or (one != one and other != other)
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(a, b, relative) for a, b in zip(one, other, strict=True))
    return type(one) is type(other) and bool(one == other)


@contextlib.contextmanager
def answering(namespace: dict[str, Any]) -> Iterator[Peer]:
    """The grader's side of a peer whose other side answers from `namespace`, on a thread of this process."""
    ours, theirs = socket.socketpair()

    def answer() -> None:
        peer = Peer(Channel(theirs), STUDENT_OPERATIONS, describe_error, Handle, mirror=True)
        peer.export(Names(namespace))
        with contextlib.suppress(PeerGone, ProtocolViolation):
            peer.serve()
        theirs.close()

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    channel = Channel(ours, _PATIENCE_SECONDS)
    try:
        yield Peer(
            channel, GRADER_OPERATIONS, lambda _: (["Exception"], "", ""), Handle, remote_error=StudentError
        )
    finally:
        with contextlib.suppress(OSError):
            ours.shutdown(socket.SHUT_RDWR)
        channel.close()
        thread.join(timeout=_PATIENCE_SECONDS)
