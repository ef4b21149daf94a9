"""A hidden test run again on a solution of ours: the reference, or a misconception.

Ours is trusted, so it runs in this process, on a thread behind the same protocol as a student's code. It may still
loop for ever where it meets what its author did not think of: it gets the CPU time that the test allows a student.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import torch

from autograder.grading.recording import MOST_WEIGHTS, Recorder, Trace, Weights, normalised, parameters_of
from autograder.jail.inside.server import Names, describe_error
from autograder.wire.frames import Channel, PeerGone, ProtocolViolation
from autograder.wire.handles import GRADER_OPERATIONS, STUDENT_OPERATIONS, GivenFunction, Handle, Notebook
from autograder.wire.peer import ArgumentChanged, Peer
from selfcheck.compare import revealing
from selfcheck.errors import OutOfTime, StudentError
from selfcheck.random import Rng, derive_seed

_PATIENCE_SECONDS = 600.0
"""Longer than any solution of ours waits on a loaded machine: giving up would change a diagnosis."""
_GRACE_SECONDS = 2.0
_LEAST_SECONDS = 5.0
"""What a solution of ours may take at least: autograd's first use in a process costs more than a quick test allows."""
_LOOK_EVERY = 0.25
QUICK_SECONDS = 10.0
"""What a test without a timeout is allowed; one replay of such a test is the unit in which replays are counted."""


@dataclass(frozen=True)
class Replay:
    """A test that can be run again: `function(student, rng)` with everything else bound, which returns what it noticed.

    Attributes:
        trace: what it asked the student's code and was answered.
        failed: whether it failed there, or noticed an argument changed in place or another dtype.
        weights: those of every network that the student's code made in it, in order.
        message: how it failed, by `signature`.
        seconds: CPU time that the test allows.
        source: what decides what the test does, as a digest.
        noticing: an argument changed in place does not end it, but is noticed.
    """

    name: str
    function: Callable[[Handle, Rng], Sequence[str] | None]
    seed: int
    mutates: bool
    trace: Trace
    failed: bool
    weights: tuple[Weights, ...] = ()
    message: str = ""
    seconds: float = QUICK_SECONDS
    source: str = ""
    noticing: bool = False

    @property
    def slow(self) -> bool:
        """Whether the test is allowed more than the default time."""
        return self.seconds > QUICK_SECONDS

    @property
    def cost(self) -> int:
        """What one replay counts: by what the test is allowed, since what it takes differs between machines."""
        return math.ceil(self.seconds / QUICK_SECONDS)


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What a solution of ours did in a test."""

    trace: Trace
    failed: bool
    message: str
    """How the test failed, by `signature`."""
    fitted: bool = True
    """Whether every network that it made took the student's weights."""
    chance: bool = False
    """Whether a generator was handed out, or a global one drawn from."""

    @property
    def stopped(self) -> bool:
        """Whether it used up the test's time: it is not asked anything else then."""
        return self.message.startswith("PeerGone")


def students_seed(seed: int) -> int:
    """The seed of the student's own global generators in a test: it must not tell the seed of the test's inputs."""
    return derive_seed("the student's own", seed)


def signature(error: BaseException | None) -> str:
    """How a test failed, as a text that two failures of the same kind share; nothing where it passed."""
    if error is None:
        return ""
    if isinstance(error, StudentError):
        return f"{error.type_names[0]}: {normalised(error.message)}"
    if isinstance(error, (AssertionError, ArgumentChanged)):
        return str(error)[:1000]
    return f"{type(error).__name__}: {normalised(str(error))}"


def replay_on(namespace: dict[str, Any], replay: Replay) -> Answer:
    """Run a test on a solution's names; whatever it raises is its answer."""
    recorder = _Fitting(replay.weights)
    failed, message, chance = _run(namespace, replay, recorder)
    return Answer(recorder.trace, failed, message, recorder.fitted, chance)


def observed(namespace: dict[str, Any], replay: Replay) -> Replay:
    """A test run on a solution's names as if a student had handed it in: what it asked and was answered."""
    recorder = Recorder(MOST_WEIGHTS)
    failed, message, _ = _run(namespace, replay, recorder)
    return replace(
        replay, trace=recorder.trace, failed=failed, weights=tuple(recorder.weights), message=message
    )


def _run(namespace: dict[str, Any], replay: Replay, recorder: Recorder) -> tuple[bool, str, bool]:
    """Whether a test fails, or notices something; how it failed; whether chance had a part in it."""
    noticed: list[str] = []
    rng, message = _Watched(replay.seed), ""
    with torch.random.fork_rng(devices=[]), answering(namespace, replay.seconds) as peer:
        peer.mirror, peer.notice = replay.mutates, noticed.append if replay.noticing else None
        peer.request("seed", 1, students_seed(replay.seed))
        before = peer.others_draws
        peer.recorder = recorder
        try:
            with revealing(False):
                noticed.extend(replay.function(Notebook(peer), rng) or ())
        except Exception as error:  # it may fail in any way a student's code may
            noticed.append("failed")
            message = signature(error)
        finally:
            peer.recorder = None
        drawn = not torch.equal(before, peer.others_draws)
    return bool(noticed), message, drawn or rng.handed_out


class _Watched(Rng):
    """A test's source of randomness that remembers whether a generator, or the seed of one, was handed out."""

    handed_out = False

    def seed(self) -> int:
        self.handed_out = True
        return super().seed()


class _Fitting(Recorder):
    """A recorder that gives every network made the weights of the student's, so that their answers compare."""

    def __init__(self, weights: Sequence[Weights]) -> None:
        super().__init__()
        self.fitted = True
        self._given = list(weights)
        self._made = 0

    def made(self, module: Handle) -> None:
        """A network was made: load the student's weights where they fit."""
        place, self._made = self._made, self._made + 1
        given = self._given[place] if place < len(self._given) else ()
        own = parameters_of(module)
        if not own:
            return
        found = fit(own, given)
        self.fitted &= len(found) == len(own) == len(given)
        if found:
            module._peer.recorder = None
            try:
                with torch.no_grad():
                    module.load_state_dict({**module.state_dict(), **found})
            except Exception:  # a network that cannot be loaded answers with its own weights
                self.fitted = False
            finally:
                module._peer.recorder = self


def fit(own: Weights, given: Weights) -> dict[str, torch.Tensor]:
    """Which of the given weights each parameter of one's own takes: by name and shape, else by shape, in order.

    A dense layer's weight may be stored transposed.
    """
    by_name = dict(given)
    found = {
        name: by_name[name]
        for name, value in own
        if name in by_name and by_name[name].shape == value.shape and by_name[name].dtype == value.dtype
    }
    if len(found) == len(own) == len(given):
        return found
    left, found = list(given), {}
    for turned in (False, True):
        for name, value in own:
            if name in found:
                continue
            shape = tuple(reversed(value.shape)) if turned else tuple(value.shape)
            place = next(
                (i for i, (_, w) in enumerate(left) if tuple(w.shape) == shape and w.dtype == value.dtype),
                None,
            )
            if place is not None:
                weight = left.pop(place)[1]
                found[name] = weight.T.contiguous() if turned and weight.dim() == 2 else weight
    return {name: value for name, value in found.items() if value.shape == dict(own)[name].shape}


class _InTurns(Peer):
    """The grader's side, where the other side is a thread of this process: each draws on from its own last number.

    The two share one global generator, unlike two processes. A network that a test builds for itself would move the
    draws of the solution, and whatever the solution did would look like chance.

    Attributes:
        others_draws: state of the global generator as the other side left it, a byte tensor.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.others_draws = torch.get_rng_state()

    def _ask(self, *args: Any, **options: Any) -> Any:
        with self._swapped():  # before the request leaves: the other thread begins at once
            return super()._ask(*args, **options)

    def _perform(self, *args: Any, **options: Any) -> Any:
        with self._swapped():
            return super()._perform(*args, **options)

    @contextlib.contextmanager
    def _swapped(self) -> Iterator[None]:
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def _swap(self) -> None:
        here = torch.get_rng_state()
        torch.set_rng_state(self.others_draws)
        self.others_draws = here


@contextlib.contextmanager
def answering(namespace: dict[str, Any], seconds: float) -> Iterator[_InTurns]:
    """The grader's side of a peer whose other side answers from `namespace`, on a thread of this process."""
    ours, theirs = socket.socketpair()

    clocks: list[int] = []
    started = threading.Event()

    def answer() -> None:
        clocks.append(time.pthread_getcpuclockid(threading.get_ident()))
        started.set()
        peer = Peer(Channel(theirs), STUDENT_OPERATIONS, describe_error, GivenFunction, mirror=True)
        peer.export(Names(namespace))
        with contextlib.suppress(PeerGone, ProtocolViolation, OutOfTime):
            peer.serve()
        theirs.close()

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    started.wait()
    channel = Channel(ours, _PATIENCE_SECONDS)
    done = threading.Event()
    late = max(seconds, _LEAST_SECONDS)
    watch = threading.Thread(target=_stop_late, args=(thread, clocks[0], theirs, late, done), daemon=True)
    watch.start()
    try:
        yield _InTurns(
            channel, GRADER_OPERATIONS, lambda _: (["Exception"], "", ""), Handle, remote_error=StudentError
        )
    finally:
        done.set()
        with contextlib.suppress(OSError):
            ours.shutdown(socket.SHUT_RDWR)
        channel.close()
        thread.join(timeout=_GRACE_SECONDS)


def _stop_late(
    thread: threading.Thread, clock: int, end: socket.socket, seconds: float, done: threading.Event
) -> None:
    """Stop a thread that has used up its CPU time, and hang up, so that nobody waits for it."""
    assert thread.ident is not None
    while not done.wait(_LOOK_EVERY) and thread.is_alive():
        try:
            used = time.clock_gettime(clock)
        except OSError:  # it has ended
            return
        if used > seconds:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident), ctypes.py_object(OutOfTime)
            )
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            return
