"""Bounds that no single system limit gives, kept from outside: threads, resident memory, files, CPU time and idle
time of a call.

One daemon thread per worker samples /proc every 30 ms and kills a submission's process by its pidfd. It reads
only what a process cannot hide or forge: /proc/PID/stat and the folder's own numbers.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from autograder.jail.host.visibility import JailUnavailable
from autograder.jail.inside.policy import Limits

Cause = Literal["threads", "memory", "disk", "cpu", "wall", "processes"]

_INTERVAL = 0.03
_DISK_EVERY = 4
"""Walking a folder costs more than reading a line: every fourth sample. RLIMIT_FSIZE bounds each file
anyway."""
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_DEEPEST = 32
_PATIENCE = 10.0
"""A call may last so many times its idle time, whoever is busy meanwhile."""


@dataclass(frozen=True)
class Usage:
    """One process at one moment."""

    threads: int
    resident_bytes: int
    cpu_seconds: float
    asleep: bool = False
    """Its first thread neither runs nor waits for a processor or a disk."""


@dataclass
class _Allowance:
    """The limits of a call, and its use so far."""

    cpu_limit: float
    """CPU seconds of the process since its start at which the call ends."""
    idle_limit: float
    asked: Callable[[], bool]
    ends: float
    idle: float = 0.0
    looked: float = field(default_factory=time.monotonic)
    cpu_seen: float = -1.0

    def exhausted(self, usage: Usage) -> Cause | None:
        """Look again; which limit is passed, if any.

        Time in which the process wants a processor and gets none, or in which nobody asks it anything, is not its
        own: a loaded machine changes no verdict.
        """
        now = time.monotonic()
        if usage.asleep and usage.cpu_seconds == self.cpu_seen and self.asked():
            self.idle += min(now - self.looked, 2 * _INTERVAL)  # the watch itself may have had to wait
        self.looked, self.cpu_seen = now, usage.cpu_seconds
        if usage.cpu_seconds > self.cpu_limit:
            return "cpu"
        return "wall" if self.idle > self.idle_limit or now > self.ends else None


class Watch:
    """Watches the submissions of one jailed worker.

    `start` once per worker, `set_deadline` before each call and `clear_deadline` after it: both only note a
    few numbers.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._cause: Cause | None = None
        self._victim: int | None = None
        self._armed: _Allowance | None = None
        self._slept = 0.0
        self._peak = Usage(0, 0, 0.0)

    def start(self, pid: int, limits: Limits, scratch: str, *, generations: int = 0) -> None:
        """Begin to watch what descends from `pid`.

        `generations` is the backend's: the processes between `pid` and the zygote. The zygote's children are
        submissions. `scratch` is the zygote's writable folder, as the zygote sees it. Raises `JailUnavailable` where
        the zygote's figures cannot be seen, since a submission's could not be either.
        """
        self._root, self._limits, self._scratch, self._generations = pid, limits, scratch, generations
        zygote = self._zygote()
        if zygote is None or usage_of(zygote) is None:
            raise JailUnavailable(
                "the jailed process's figures cannot be read, so nothing would bound its time, threads and files: it "
                "has ended, or /proc is mounted with hidepid, which hides it (mount -o remount,hidepid=0 /proc)"
            )
        self._thread = threading.Thread(target=self._run, name="jail watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the watch; nothing is killed. It may be called twice."""
        self._stopped.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def set_deadline(
        self, cpu_seconds: float, idle_seconds: float, asked: Callable[[], bool] = lambda: True
    ) -> None:
        """From now on the submission may use so much CPU time (all its threads), and sleep so long while it is asked.

        Forgets the last cause. `asked` says whether the grader waits for the submission at this moment; it is called
        from the watch's thread. Raises `JailUnavailable` where nobody watches: a call without bounds is not made.
        """
        if self._thread is None or not self._thread.is_alive():
            raise JailUnavailable("the watch over the jail has stopped, so nothing would bound a submission")
        used = sum(usage.cpu_seconds for pid in self._submissions() if (usage := usage_of(pid)))
        with self._lock:
            self._cause = self._victim = None
            self._disarm()
            ends = time.monotonic() + _PATIENCE * idle_seconds
            self._armed = _Allowance(used + cpu_seconds, idle_seconds, asked, ends)

    def clear_deadline(self) -> None:
        """No call is running: time is not counted. Threads, memory and files still are."""
        with self._lock:
            self._disarm()

    @property
    def slept(self) -> float:
        """Seconds that submissions have slept while they were asked, since the watch began."""
        with self._lock:
            return self._slept + (self._armed.idle if self._armed is not None else 0.0)

    def _disarm(self) -> None:
        self._slept += self._armed.idle if self._armed is not None else 0.0
        self._armed = None

    @property
    def cause(self) -> Cause | None:
        """Why the last submission was killed by this watch, or None where it was not. Read it after the
        process is gone."""
        with self._lock:
            return self._cause

    @property
    def victim(self) -> int | None:
        """The process that `cause` is about, numbered as the grader sees it."""
        with self._lock:
            return self._victim

    @property
    def peak(self) -> Usage:
        """The largest figures sampled so far."""
        return self._peak

    def _run(self) -> None:
        turn = 0
        while not self._stopped.wait(_INTERVAL):
            turn += 1
            with contextlib.suppress(MemoryError):  # the grader's own; it must not end the watch
                self._look(turn)

    def _look(self, turn: int) -> None:
        submissions = self._submissions()
        for pid in submissions:
            self._judge(pid)
        if submissions and turn % _DISK_EVERY == 0 and self._disk_is_over():
            for pid in submissions:
                self._kill(pid, "disk")

    def _zygote(self) -> int | None:
        pid = self._root
        for _ in range(self._generations):
            below = _children(pid)
            if not below:
                return None
            pid = below[0]
        return pid

    def _submissions(self) -> list[int]:
        zygote = self._zygote()
        return _children(zygote) if zygote is not None else []

    def _judge(self, pid: int) -> None:
        usage = usage_of(pid)
        if usage is None:
            return
        grown = max(0, usage.resident_bytes - self._born_with())
        self._peak = Usage(
            max(self._peak.threads, usage.threads),
            max(self._peak.resident_bytes, grown),
            max(self._peak.cpu_seconds, usage.cpu_seconds),
        )
        with self._lock:
            armed = self._armed
        if usage.threads > self._limits.threads:
            self._kill(pid, "threads")
        elif grown > self._limits.memory_bytes:
            self._kill(pid, "memory")
        elif _children(pid):
            self._kill(pid, "processes")
        elif armed is not None and (cause := armed.exhausted(usage)) is not None:
            self._kill(pid, cause)

    def _born_with(self) -> int:
        """The zygote's resident bytes: what a new submission shares with it."""
        zygote = self._zygote()
        usage = usage_of(zygote) if zygote is not None else None
        return usage.resident_bytes if usage else 0

    def _disk_is_over(self) -> bool:
        zygote = self._zygote()
        if zygote is None:
            return False
        if (
            self._generations
        ):  # a file system of its own, seen through the zygote's root; the kernel bounds its bytes
            with contextlib.suppress(OSError):
                inside = os.statvfs(f"/proc/{zygote}/root{self._scratch}")
                return inside.f_files - inside.f_ffree > self._limits.files
            return False
        unlinked = sum(unlinked_bytes(pid) for pid in self._submissions())
        return folder_is_over(self._scratch, self._limits.disk_bytes - unlinked, self._limits.files)

    def _kill(self, pid: int, cause: Cause) -> None:
        try:
            handle = os.pidfd_open(pid)
        except OSError:
            return
        try:
            if pid not in self._submissions():  # gone since, and its number may be somebody else's
                return
            with self._lock:
                if self._cause is None:
                    self._cause, self._victim = cause, pid
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        except OSError:
            return
        finally:
            os.close(handle)


def folder_is_over(folder: str | Path, most_bytes: int, most_files: int) -> bool:
    """Tell whether a folder that somebody else is writing to holds more than so many bytes (allocated) or entries.

    A tree deeper than 32 levels counts as over. Stops counting as soon as it knows.
    """
    total = count = 0
    pending: list[tuple[str, int]] = [(str(folder), 0)]
    while pending:
        path, depth = pending.pop()
        if depth > _DEEPEST:
            return True
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    count += 1
                    with contextlib.suppress(OSError):
                        status = entry.stat(follow_symlinks=False)
                        total += status.st_blocks * 512
                        if stat.S_ISDIR(status.st_mode):
                            pending.append((entry.path, depth + 1))
                    if total > most_bytes or count > most_files:
                        return True
        except OSError:
            continue
    return False


def unlinked_bytes(pid: int) -> int:
    """Bytes of files that a process holds open and has removed, which no folder shows any more.

    Only root may look; for others it is 0, and the limits on open files and on the size of each remain.
    """
    found: dict[tuple[int, int], int] = {}
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                status = os.stat(f"/proc/{pid}/fd/{name}")
                if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                    found[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(found.values())


def _children(pid: int) -> list[int]:
    """The processes that `pid`'s main thread has started, oldest first; empty where it is gone."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(child) for child in file.read().split()]
    except FileNotFoundError:
        return [] if _HAS_CHILDREN_FILES else _children_the_long_way(pid)
    except OSError:
        return []


_HAS_CHILDREN_FILES = os.path.exists(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
"""False on kernels built without CONFIG_PROC_CHILDREN."""


def _children_the_long_way(pid: int) -> list[int]:
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                if int(file.read().rpartition(b")")[2].split()[1]) == pid:
                    found.append(int(name))
    return sorted(found)


def usage_of(pid: int) -> Usage | None:
    """A live process's figures, or None where it is gone or a zombie."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The name in brackets is the process's own choice and may hold anything.
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    if fields[0] in (b"Z", b"X"):
        return None
    ticks = int(fields[11]) + int(fields[12])
    return Usage(int(fields[17]), int(fields[21]) * _PAGE, ticks / _TICKS, fields[0] in (b"S", b"T", b"t"))
