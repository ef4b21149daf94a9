"""The proof that the jail holds: every denial is tried, by a process that is jailed exactly as a submission
is.

Where it can be tried without harm, the same attempt is made outside any jail too: a denial means little if
nobody here could have done it anyway.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import autograder
from autograder.jail.host.backends import Backend
from autograder.jail.host.decoys import Decoys
from autograder.jail.host.worker import StudentProcess, Worker
from autograder.jail.inside.policy import MIB, Limits
from autograder.jail.inside.probes import PROBES
from autograder.wire.frames import PeerGone, ProtocolViolation
from selfcheck.errors import StudentError

_CELL = "import os, tempfile\nfrom autograder.jail.inside.probes import allowed, attempt_all, bomb\n"
_LEAVE = """
def leave(text):
    places = []
    for folder in (os.getcwd(), os.path.dirname(os.getcwd()), "/tmp", "/dev/shm", "/var/tmp"):
        try:
            path = os.path.join(folder, f"left-{os.getpid()}")
            with open(path, "x") as file:
                file.write(text)
            places.append(path)
        except OSError:
            pass
    return places
"""
_CONTROL = (
    "import json, sys; sys.path.insert(0, sys.argv[1]); from autograder.jail.inside.probes import PROBES, attempt_all; "
    "print(json.dumps([outcome[0] for outcome in attempt_all(list(PROBES), json.loads(sys.argv[2]))]))"
)
_WALL = 20.0


@dataclass(frozen=True)
class Proof:
    """One denial, tried."""

    kind: str
    name: str
    held: bool
    detail: str
    """The error that stopped the attempt, or what it got hold of."""
    seconds: float
    possible_outside: bool | None = None
    """True where the same attempt succeeds without a jail for this user on this machine; None where that was not
    tried."""


@dataclass(frozen=True)
class _Bomb:
    kind: str
    name: str
    cpu_seconds: float
    wall_seconds: float
    quick: bool = False


_BOMBS = {
    "threads": _Bomb("limits", "a bomb of threads", 10, _WALL),
    "files": _Bomb("limits", "very many files", 10, _WALL),
    "disk": _Bomb("limits", "many large files", 10, _WALL),
    "memory": _Bomb("limits", "memory, used", 10, _WALL),
    "cpu": _Bomb("time", "computing for ever, every signal blocked", 0.1, _WALL, quick=True),
    "sleep": _Bomb("time", "sleeping for ever", 10, 0.15, quick=True),
    "stop itself": _Bomb("time", "stopping itself", 10, 0.15),
    "other table": _Bomb("kernel", "the 32-bit table of calls", 5, 5),
}


def prove(
    backend: Backend,
    limits: Limits | None = None,
    *,
    quick: bool = False,
    worker: Worker | None = None,
    private: Sequence[Path] = (),
) -> list[Proof]:
    """Try every denial in a jail of this backend.

    Args:
        limits: what a submission may use. Without a `worker`, memory, disk and files are tried at smaller sizes, so
            that the proof takes seconds; the mechanism is the same.
        quick: leave out the bombs that take longest and the attempts outside: for the start of every grading.
        worker: use this jail instead of starting one; it has no submission afterwards.
        private: files and folders of the course; its gradebook and its secret are among the things to reach.

    Raises:
        JailUnavailable: the jail does not start.
    """
    if worker is not None:
        return list(_prove(worker, quick, private))
    limits = limits or Limits()
    small = dataclasses.replace(
        limits,
        memory_bytes=min(limits.memory_bytes, 128 * MIB),
        disk_bytes=min(limits.disk_bytes, 32 * MIB),
        file_bytes=min(limits.file_bytes, 8 * MIB),
        files=min(limits.files, 500),
    )
    with Worker(backend, small) as own:
        return list(_prove(own, quick, private))


def failures(proofs: Iterable[Proof]) -> list[Proof]:
    """The denials that did not hold; grading needs this to be empty."""
    return [proof for proof in proofs if not proof.held]


def report(proofs: Sequence[Proof], console: Console | None = None, *, every: bool = False) -> None:
    """Print a table: a line for each kind of denial, and one for each that did not hold (`every`: for each)."""
    table = Table(box=box.SIMPLE_HEAD)
    for column, justify in (
        ("", "left"),
        ("denial", "left"),
        ("held", "right"),
        ("seconds", "right"),
        ("", "left"),
    ):
        table.add_column(column, justify="right" if justify == "right" else "left", overflow="fold")
    for kind in dict.fromkeys(proof.kind for proof in proofs):
        those = [proof for proof in proofs if proof.kind == kind]
        held, tried = sum(proof.held for proof in those), [p for p in those if p.possible_outside is not None]
        note = (
            f"{sum(bool(p.possible_outside) for p in tried)} of {len(tried)} succeed outside" if tried else ""
        )
        mark = _MARKS[held == len(those)]
        seconds = sum(proof.seconds for proof in those)
        table.add_row(mark, f"[bold]{kind}[/bold]", f"{held}/{len(those)}", f"{seconds:.2f}", note)
        for proof in those:
            if every or not proof.held:
                detail = escape(
                    proof.detail
                    + (" (not possible outside either)" if proof.possible_outside is False else "")
                )
                table.add_row(
                    _MARKS[proof.held], f"  {escape(proof.name)}", "", f"{proof.seconds:.2f}", detail
                )
    (console or Console()).print(table)


_MARKS = {True: "[green]✓[/green]", False: "[red]✗[/red]"}


def _prove(worker: Worker, quick: bool, private: Sequence[Path]) -> Iterator[Proof]:
    outside = None if quick else _Outside(private)
    try:
        with Decoys(private) as decoys:
            decoys.facts |= dataclasses.asdict(worker.limits)
            yield _positive_control(worker, decoys)
            yield from _attempts(worker, decoys, outside)
            for name, bomb in _BOMBS.items():
                if (bomb.quick or not quick) and not (
                    name == "other table" and os.uname().machine != "x86_64"
                ):
                    yield _explode(worker, name, bomb, decoys)
            changed = decoys.untouched()
            yield Proof(
                "writing", "everything outside is as it was", changed is None, changed or "untouched", 0.0
            )
    finally:
        if outside is not None:
            outside.close()


def _positive_control(worker: Worker, decoys: Decoys) -> Proof:
    """Try what must work; then leave files wherever possible for the next submission to find."""
    begun = time.perf_counter()
    process = _new(worker)
    try:
        failed = process.student.allowed(decoys.facts)
        places = process.student.leave(decoys.secret)
    except (StudentError, PeerGone, ProtocolViolation) as error:
        failed, places = [f"{type(error).__name__}: {error}"], []
    finally:
        process.end()
    decoys.facts["left_behind"] = str(places[0]) if places else "/nonexistent"
    for place in places[1:]:
        failed = [*failed, f"it could also write {place}"]
        with contextlib.suppress(OSError):
            os.unlink(str(place))
    seconds = time.perf_counter() - begun
    return Proof(
        "allowed", "what a submission needs works", not failed, "; ".join(failed) or "all of it", seconds
    )


def _attempts(worker: Worker, decoys: Decoys, outside: _Outside | None) -> Iterator[Proof]:
    process = _new(worker)
    titles = list(PROBES)
    sibling = _sibling(process, worker, decoys)
    try:
        outcomes = process.student.attempt_all(titles, decoys.facts)
    except (StudentError, PeerGone, ProtocolViolation) as error:
        outcomes = [(True, f"the probing process ended: {error}", 0.0)] * len(titles)
    finally:
        shutil.rmtree(
            sibling, ignore_errors=True
        )  # seen through the process where the jail has its own mounts
        process.end()
    possible = outside.outcomes() if outside is not None else [None] * len(titles)
    for title, (through, detail, seconds), alone in zip(titles, outcomes, possible, strict=True):
        leaked = decoys.secret in detail
        yield Proof(PROBES[title][0], title, not through and not leaked, str(detail), float(seconds), alone)


def _sibling(process: StudentProcess, worker: Worker, decoys: Decoys) -> Path:
    """A folder with a secret beside the submission's own, in the same scratch folder."""
    folder = Path(str(process.student.os.getcwd())).parent
    if worker.backend.generations:  # the scratch folder is mounted only inside
        folder = Path(f"/proc/{process.pid}/root{folder}")
    sibling = folder / str(decoys.facts["sibling"])
    sibling.mkdir(exist_ok=True)
    (sibling / "secret").write_text(decoys.secret)
    return sibling


def _explode(worker: Worker, name: str, bomb: _Bomb, decoys: Decoys) -> Proof:
    process = _new(worker)
    begun = time.perf_counter()
    process.allow(bomb.cpu_seconds, bomb.wall_seconds)
    try:
        answer = str(process.student.bomb(name, decoys.facts))
        held = answer.startswith("stopped")
    except (PeerGone, ProtocolViolation, StudentError) as error:
        code = process.end()
        cause = process.cause_of_death
        held = cause is not None or code == -signal.SIGSYS
        answer = f"ended: {cause or error if code != -signal.SIGSYS else 'system call'}"
    finally:
        process.end()
    return Proof(bomb.kind, bomb.name, held, answer, time.perf_counter() - begun)


def _new(worker: Worker) -> StudentProcess:
    process = worker.fork()
    process.allow(30, 60)
    process.run_cell(_CELL + _LEAVE, "doctor")
    return process


class _Outside:
    """The same probes in an ordinary process with decoys of its own, running while the jailed ones do."""

    def __init__(self, private: Sequence[Path]) -> None:
        self._decoys = Decoys().__enter__()
        own = self._decoys.folder / "submissions" / "own"
        sibling = own.parent / str(self._decoys.facts["sibling"])
        for folder in (own, sibling):
            folder.mkdir(parents=True)
        (sibling / "secret").write_text(self._decoys.secret)
        small = Limits(memory_bytes=64 * MIB, file_bytes=MIB, open_files=64)
        facts = {**self._decoys.facts, **dataclasses.asdict(small)}
        project = str(Path(autograder.__file__).resolve().parent.parent)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", _CONTROL, project, json.dumps(facts)],
            cwd=own,
            pass_fds=self._decoys.descriptors,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def outcomes(self) -> list[bool | None]:
        """For each probe whether it got through, None where the process did not live to tell."""
        try:
            answer, _ = self._process.communicate(timeout=_WALL)
            return [bool(outcome) for outcome in json.loads(answer)]
        except (subprocess.TimeoutExpired, ValueError):
            return [None] * len(PROBES)

    def close(self) -> None:
        """End the process, remove the decoys."""
        self._process.kill()
        self._process.communicate()
        self._decoys.__exit__()
