"""The jail of choice: bubblewrap's namespaces around the same sealing as everywhere.

The jailed interpreter has its own user, process, network, IPC and mount namespaces: a file system with the
system's libraries, the interpreter, the guest folder and a memory-backed scratch folder of bounded size, and
nothing else. Inside, `autograder.jail.inside.seal` adds limits, seccomp and Landlock, which keeps a submission to its
own folder.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from autograder.jail.host.backends.platform import only_linux
from autograder.jail.host.backends.spawn import spawn
from autograder.jail.host.visibility import devices, listable, private, readable, refuse_overlap
from autograder.jail.inside import landlock
from autograder.jail.inside.policy import Limits, Policy
from autograder.jail.inside.syscalls import AUDIT_ARCH, machine

_MINIMUM = (0, 7)
"""The first release whose `--size` bounds a tmpfs."""
_INSTALL = "Install it (Debian and Ubuntu: apt install bubblewrap; Fedora: dnf install bubblewrap)"
_RESTRICTED = (
    "Allow unprivileged user namespaces (Ubuntu 24.04: an AppArmor profile for bwrap, or "
    "sysctl kernel.apparmor_restrict_unprivileged_userns=0; in a container: run it with them), "
    "or use --backend landlock."
)


class Bubblewrap:
    """Starts the interpreter under `bwrap`."""

    name = "bubblewrap"
    generations = 2  # bwrap, its first process in the new process namespace, the interpreter

    def __init__(self, private: tuple[Path, ...] = (), extra_readable: tuple[Path, ...] = ()) -> None:
        self._private = private
        self._extra_readable = extra_readable

    def unavailable(self) -> str | None:
        """Why it cannot work here, or None. Tries a jail with nothing in it but the system's libraries."""
        elsewhere = only_linux()
        if elsewhere:
            return elsewhere
        if machine() not in AUDIT_ARCH:
            return f"there is no system call table for {machine()} (x86_64 and aarch64 have one)."
        if landlock.abi() < landlock.OLDEST:
            return (
                "the kernel's Landlock is switched off, without which one submission could leave files for the next "
                "(Linux 5.13 or newer with landlock among the `lsm=` boot parameters)."
            )
        program = shutil.which("bwrap")
        if program is None:
            return f"there is no bwrap on the PATH. {_INSTALL}."
        version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
        found = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
        if found < _MINIMUM:
            return f"{version.strip() or program} is too old; 0.7.0 or newer is needed."
        trial = [
            program,
            *_NAMESPACES,
            "--ro-bind",
            "/",
            "/",
            *_INTERIOR,
            "--",
            shutil.which("true") or "/bin/true",
        ]
        tried = subprocess.run(trial, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if tried.returncode:
            return f"bwrap cannot make its namespaces: {tried.stderr.strip()}. {_RESTRICTED}"
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
            landlock=landlock.OLDEST,
            # Since Linux 5.14 a user namespace counts its own processes and threads. Root is not bound by it.
            max_processes=limits.threads + 8,
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
        """Start `argv` inside new namespaces."""
        program = shutil.which("bwrap")
        assert program is not None, "unavailable() says so beforehand"
        mounts: list[str] = []
        for path in policy.readable:
            if not path.startswith(("/proc/", "/sys/")):
                mounts += ["--ro-bind", path, path]
        for path in policy.readable:
            if path.startswith("/sys/"):
                mounts += ["--ro-bind-try", path, path]
        command = [program, *_NAMESPACES, *mounts, *_INTERIOR]
        command += [
            "--size",
            str(policy.limits.disk_bytes),
            "--tmpfs",
            policy.scratch,
            "--chdir",
            policy.scratch,
        ]
        command += ["--remount-ro", "/dev", "--remount-ro", "/"]
        command += ["--hostname", "jail", "--", *argv]
        return spawn(command, pass_fds, env, os.sep)


_NAMESPACES = [
    *(
        "--unshare-user",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
    ),
    *("--die-with-parent", "--new-session", "--cap-drop", "ALL"),
]
_INTERIOR = ["--proc", "/proc", "--dev", "/dev"]
