"""The memory of this process and of all that descend from it, seen from outside."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import defaultdict
from pathlib import Path
from types import TracebackType
from typing import Self

_EVERY = 0.5
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Peak:
    """The most memory that this process and its descendants have taken together while the context lasted.

    What processes share is counted once where the system tells (PSS), else not at all for those whose maps it hides.

    Attributes:
        all: bytes of all of them. own: bytes of this process at that time.
    """

    def __init__(self) -> None:
        self.all = self.own = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            own, rest = memory_of(os.getpid()), sum(map(memory_of, descendants(os.getpid())))
            if own + rest > self.all:
                self.all, self.own = own + rest, own
            if self._done.wait(_EVERY):
                return


def descendants(pid: int) -> list[int]:
    """All processes that descend from one, now."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                fields = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
                children[int(fields[1])].append(int(entry.name))
    found, look_at = [], [pid]
    while look_at:
        born = children[look_at.pop()]
        found += born
        look_at += born
    return found


def memory_of(pid: int) -> int:
    """Bytes of one process; 0 where it has ended."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    with contextlib.suppress(OSError, ValueError, IndexError):
        _, resident, shared = Path(f"/proc/{pid}/statm").read_text().split()[:3]
        return (int(resident) - int(shared)) * _PAGE
    return 0
