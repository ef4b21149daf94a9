"""The jail that needs nothing but Python and a recent kernel: Landlock and seccomp, which the interpreter
puts on itself.

It needs no root, no user namespace, no helper program and no compiled extension, and it holds for root too.
It lacks this against bubblewrap: the jailed process shares the grader's process, network and mount
namespaces, so a path's existence, size and times can be asked for (its content and a folder's listing
cannot), and scratch files lie on the disk.

The package sandlock (0.9.0) was looked at first. Its in-place `confine` applies Landlock without the system
call filter; its filter comes with a supervisor process and an exec, and its own `fork` gives back output
pipes, not a child with a live inherited socket. A child forked in milliseconds from a warmed interpreter that
answers calls could have only half of it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from autograder.jail.host.backends.platform import only_linux
from autograder.jail.host.backends.spawn import spawn
from autograder.jail.host.visibility import devices, listable, private, readable, refuse_overlap
from autograder.jail.inside import landlock
from autograder.jail.inside.policy import Limits, Policy
from autograder.jail.inside.syscalls import AUDIT_ARCH, machine


class LandlockSeccomp:
    """Starts the interpreter directly; `autograder.jail.inside.seal` does the rest inside it."""

    name = "landlock"
    generations = 0

    def __init__(self, private: tuple[Path, ...] = (), extra_readable: tuple[Path, ...] = ()) -> None:
        self._private = private
        self._extra_readable = extra_readable

    def unavailable(self) -> str | None:
        """Why it cannot work here, or None."""
        elsewhere = only_linux()
        if elsewhere:
            return elsewhere
        if machine() not in AUDIT_ARCH:
            return f"there is no system call table for {machine()} (x86_64 and aarch64 have one)."
        version = landlock.abi()
        if version < landlock.OLDEST_ALONE:
            has = f"version {version}" if version else "none"
            return (
                f"the kernel's Landlock is too old or switched off (it has {has}, "
                f"version {landlock.OLDEST_ALONE} is needed: Linux 6.2 with landlock among the `lsm=` boot parameters)."
            )
        return None

    def policy(self, *, guest: Path, scratch: Path, limits: Limits) -> Policy:
        """Read the system's libraries, the interpreter and the guest folder; write the scratch folder."""
        paths = readable([guest, *self._extra_readable])
        folders = listable(paths)
        refuse_overlap((*paths, *folders), private(self._private))
        return Policy(
            scratch=str(scratch),
            readable=paths,
            listable=folders,
            writable=devices(),
            limits=limits,
            landlock=landlock.OLDEST_ALONE,
        )

    def popen(
        self,
        argv: Sequence[str],
        *,
        policy: Policy,
        guest: Path,
        pass_fds: tuple[int, ...],
        env: dict[str, str],
    ) -> subprocess.Popen[bytes]:
        """Start `argv`, which must call `seal_zygote` before anything else."""
        return spawn(argv, pass_fds, env, policy.scratch)
