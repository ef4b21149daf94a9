"""A jail with a warm zygote in it, and the student processes forked from it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Self

from autograder.jail.host import guest
from autograder.jail.host.backends import Backend
from autograder.jail.host.guarded import GuardedPeer
from autograder.jail.host.visibility import JailUnavailable
from autograder.jail.host.watchdog import Watch, usage_of
from autograder.jail.inside.policy import Limits
from autograder.jail.inside.signing import SECRET_BYTES
from autograder.jail.inside.zygote import READY, SEALED
from autograder.wire.frames import Channel, PeerGone
from autograder.wire.handles import GRADER_OPERATIONS, Handle, Notebook, learn_callables
from autograder.wire.peer import Peer
from selfcheck.errors import StudentError

_START_SECONDS = 120.0
_FORK_SECONDS = 20.0
_PATIENCE_SECONDS = 900.0
"""Longer than any call may take: the watch ends a call long before."""
_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[3]); from autograder.jail.inside.zygote import main; "
    "main(sys.argv[1], int(sys.argv[2]))"
)
_CREDENTIALS = struct.Struct("iII")
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)


class StudentProcess:
    """One sealed process that answers for one submission.

    Attributes:
        peer: the grader's side of the boundary.
        student: the notebook's names, as attributes.
        guard: refuses what an exercise forbids.
    """

    def __init__(self, worker: Worker, connection: socket.socket, pid: int, secret: bytes) -> None:
        self.pid = pid
        # The zygote reaps its children, so a number may be somebody else's by the time it is signalled.
        self._process = os.pidfd_open(pid)
        self._channel = Channel(connection, _PATIENCE_SECONDS)
        self.peer = Peer(self._channel, GRADER_OPERATIONS, _reveal_nothing, Handle, remote_error=StudentError)
        self.student = Notebook(self.peer)
        self.guard = GuardedPeer(self.peer, secret)
        self.exit_code: int | None = None
        self._worker = worker
        self._connection = connection

    @property
    def threads(self) -> int:
        """How many threads it has; 0 where it has ended."""
        now = usage_of(self.pid)
        return now.threads if now is not None else 0

    @property
    def cpu_seconds(self) -> float:
        """CPU time it has used since it was forked; 0 where it has ended."""
        now = usage_of(self.pid)
        return now.cpu_seconds if now is not None else 0.0

    @property
    def waited(self) -> float:
        """Seconds the grader has waited for this process."""
        return self._channel.waited

    @property
    def cause_of_death(self) -> str | None:
        """threads, memory, disk, cpu or wall where the watch ended it, else None."""
        return self._worker.watch.cause

    def allow(self, cpu_seconds: float, idle_seconds: float) -> None:
        """Give the process that much time from now, of computing and of sleeping while it is asked; the watch ends it
        afterwards. Its cause of death is reset."""
        self._worker.watch.set_deadline(cpu_seconds, idle_seconds, lambda: self._channel.waiting)

    def rest(self) -> None:
        """No call is running: time does not count."""
        self._worker.watch.clear_deadline()

    def run_cell(self, source: str, label: str) -> None:
        """Run a cell. Raises StudentError with what it raised, PeerGone, ProtocolViolation."""
        told = self.peer.request("run_cell", 1, source, label)
        learn_callables(self.student, told)

    def end(self) -> int:
        """End the process and everything of it; its exit code (negative: the signal that ended it)."""
        if self.exit_code is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process, signal.SIGKILL)
            os.close(self._process)
            self._connection.close()
            self.exit_code = self._worker.reap()
        return self.exit_code


class Worker:
    """A jail, its zygote, and at most one student process at a time.

    Args:
        backend: how the jail is made. limits: what one submission may use.

    Raises:
        JailUnavailable: the jailed interpreter did not start.
    """

    def __init__(self, backend: Backend, limits: Limits | None = None) -> None:
        self.backend = backend
        self.limits = limits or Limits()
        self.watch = Watch()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._folder: Path | None = None
        self._current: StudentProcess | None = None
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fork(self) -> StudentProcess:
        """A new student process; the one before, if any, is ended first and leaves nothing behind."""
        if self._current is not None:
            self._current.end()
        for last_try in (False, True):
            if self._process is None or self._process.poll() is not None:
                self._restart()
            try:
                self._current = self._fork()
                return self._current
            except (OSError, PeerGone, TimeoutError) as error:
                self._restart()
                if last_try:
                    raise JailUnavailable(f"the jail does not fork: {error}") from error
        raise AssertionError("unreachable")

    def reap(self) -> int:
        """Wait until the zygote says the student process has ended and its files are gone; its exit code."""
        self.watch.clear_deadline()
        self._current = None
        assert self._control is not None
        try:
            packet = self._control.recv(16)
        except OSError:
            packet = b""
        if len(packet) != 4:
            self._restart()  # a zygote that cannot clean up must not be forked from again
            return -signal.SIGKILL
        return int(struct.unpack("<i", packet)[0])

    def close(self) -> None:
        """End the jail and remove its folder."""
        self.watch.stop()
        self._current = None
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._process = self._control = self._folder = None

    def _restart(self) -> None:
        self.close()
        self._start()

    def _start(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="jail-")).resolve()
        guest_folder, scratch = self._folder / "guest", self._folder / "scratch"
        guest_folder.mkdir()
        scratch.mkdir()
        guest.stage(guest_folder)
        policy = self.backend.policy(guest=guest_folder, scratch=scratch, limits=self.limits)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(_START_SECONDS)
        argv = [
            sys.executable,
            "-I",
            "-B",
            "-c",
            _BOOT,
            policy.to_json(),
            str(theirs.fileno()),
            str(guest_folder),
        ]
        env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "AUTOGRADER_JAIL": "1", **_ONE_THREAD}
        if debug := os.environ.get("AUTOGRADER_JAIL_DEBUG"):
            env["AUTOGRADER_JAIL_DEBUG"] = debug
        try:
            self._process = self.backend.popen(
                argv, policy=policy, guest=guest_folder, pass_fds=(theirs.fileno(),), env=env
            )
        finally:
            theirs.close()
        self._control = ours
        try:
            greeting = ours.recv(64)
        except OSError as error:
            greeting = str(error).encode()
        if greeting != READY:
            self.close()
            raise JailUnavailable(
                f"the jailed interpreter ({self.backend.name}) did not start. "
                "Run with AUTOGRADER_JAIL_DEBUG=1 to see what it says."
            )
        self.watch = Watch()
        try:
            self.watch.start(
                self._process.pid, self.limits, str(scratch), generations=self.backend.generations
            )
        except BaseException:
            self.close()
            raise

    def _fork(self) -> StudentProcess:
        assert self._control is not None
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        ours.settimeout(_FORK_SECONDS)
        secret = os.urandom(SECRET_BYTES)
        with theirs:
            socket.send_fds(self._control, [secret], [theirs.fileno()])
        greeting, ancillary, _, _ = ours.recvmsg(1001, socket.CMSG_SPACE(_CREDENTIALS.size))
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
        if greeting != SEALED or not ancillary:
            ours.close()
            raise PeerGone(greeting.decode(errors="replace") or "the submission's process did not start")
        pid = _CREDENTIALS.unpack(ancillary[0][2][: _CREDENTIALS.size])[0]
        return StudentProcess(self, ours, pid, secret)


def _reveal_nothing(error: BaseException) -> tuple[list[str], str, str]:
    """All that a student's code learns when a function of the test's fails: the kind of error, no text of ours."""
    names: list[Any] = [cls.__name__ for cls in type(error).__mro__ if cls is not object]
    return names, "the function you were given failed on these arguments", ""
