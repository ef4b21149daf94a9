"""Who is graded first, and how many at once: the longest work first, and no more processes than memory holds."""

from __future__ import annotations

import os
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from autograder.jail.inside.policy import Limits

GRADER_BYTES = 1 << 30
"""What a grading process and its jail hold while they grade ordinary work, with room to spare: two of them with their
jails held at most 1.3 GiB together while an assignment's right solutions were graded."""
_CGROUPS = Path("/sys/fs/cgroup")


def workers(available: int | None = None) -> int:
    """Grading processes for this machine: one a core, as far as the memory goes.

    All of them fit with ordinary submissions, and one submission at a time may take all that its jail allows. A process
    that memory ends all the same costs its submission a second try, alone.

    Args:
        available: bytes of memory; this machine's if it is not given.
    """
    cores = len(os.sched_getaffinity(0))
    memory = available_memory() if available is None else available
    if memory is None:
        return cores
    return max(1, min(cores, (memory - Limits().memory_bytes) // GRADER_BYTES))


def available_memory(proc: Path = Path("/proc"), cgroups: Path = _CGROUPS) -> int | None:
    """Bytes that new processes may take: what is free, or what this process's control groups leave, the least of them.

    None where the machine does not say.
    """
    found: list[int] = []
    for line in _lines(proc / "meminfo"):
        if line.startswith("MemAvailable:"):
            found.append(int(line.split()[1]) << 10)
    for line in _lines(proc / "self" / "cgroup"):
        number, _, path = line.strip().split(":", 2)
        if number != "0":  # the first version of control groups has no single tree
            continue
        group = cgroups / path.lstrip("/")
        for folder in (group, *group.parents):
            found += _left(folder)
            if folder == cgroups:
                break
    return min(found, default=None)


def _left(group: Path) -> list[int]:
    """What a control group's own bound leaves; nothing where it has none. The cache of files gives way."""
    most, used = _lines(group / "memory.max"), _lines(group / "memory.current")
    if not most or not used or not most[0].strip().isdigit():
        return []
    cache = sum(
        int(line.split()[1]) for line in _lines(group / "memory.stat") if line.startswith("inactive_file ")
    )
    return [max(int(most[0]) - int(used[0]) + cache, 0)]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


class Usual:
    """CPU seconds that the exercises of a class usually take.

    Args:
        measured: of each result that is there already, the CPU seconds of its exercises.
    """

    def __init__(self, measured: Iterable[Mapping[str, float]]) -> None:
        taken: defaultdict[str, list[float]] = defaultdict(list)
        for exercises in measured:
            for exercise, seconds in exercises.items():
                taken[exercise].append(seconds)
        self._usual = {exercise: statistics.median(seconds) for exercise, seconds in taken.items()}
        self._other = statistics.mean(self._usual.values()) if taken else 1.0

    def seconds(self, exercises: Iterable[str]) -> float:
        """What these exercises take together; one that nobody measured counts as the others do."""
        return sum(self._usual.get(exercise, self._other) for exercise in exercises)
