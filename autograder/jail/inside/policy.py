"""The permissions of a jail: the one description that the grader writes and the jailed interpreter enforces on
itself.

It crosses as JSON on the command line of the zygote, so nothing in it is secret.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any

GIB = 1024**3
MIB = 1024**2


@dataclass(frozen=True)
class Limits:
    """Bounds on one submission. Sizes are in bytes, times in seconds."""

    memory_bytes: int = 4 * GIB
    """Address space and resident memory that a submission may add to what the zygote already holds."""
    threads: int = 64
    open_files: int = 256
    file_bytes: int = 64 * MIB
    disk_bytes: int = 256 * MIB
    """All files of a submission together."""
    files: int = 4096
    """Number of files and folders of a submission."""
    cpu_seconds: int = 600
    """CPU time of a submission's process over its whole life; single calls have their own, shorter bound."""


@dataclass(frozen=True)
class Policy:
    """Everything a sealed process may touch. Paths are absolute, as the jailed process sees them."""

    scratch: str
    """The one folder that may be written; every submission gets a folder of its own inside it."""
    readable: tuple[str, ...] = ()
    """Files and folders that may be read. A path that does not exist is passed over."""
    listable: tuple[str, ...] = ()
    """Folders whose names, and those below, may be listed; what may be read in them is said by `readable`."""
    writable: tuple[str, ...] = ()
    """Device files that may be read and written, such as /dev/null."""
    limits: Limits = field(default_factory=Limits)
    landlock: int | None = 3
    """The oldest Landlock version that will do: refuse to run where the kernel has less. None: no Landlock at all."""
    seccomp: bool = True
    max_processes: int | None = None
    """RLIMIT_NPROC, or None where the user's other processes would count against it."""

    def to_json(self) -> str:
        """The policy as one line of JSON."""
        return json.dumps(dataclasses.asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Policy:
        """The policy written by `to_json`. Raises ValueError, KeyError or TypeError on anything else."""
        raw: dict[str, Any] = json.loads(text)
        limits = Limits(**raw.pop("limits"))
        readable, listable, writable = (tuple(raw.pop(name)) for name in ("readable", "listable", "writable"))
        return cls(limits=limits, readable=readable, listable=listable, writable=writable, **raw)


class SealError(RuntimeError):
    """A denial could not be put in place; the process must not run student code."""
