"""The folders that a jail lets a submission read, and the check that nothing of the instructor's is among it."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

import autograder


class JailUnavailable(RuntimeError):
    """No jail can be had here; the message says why and what to do."""


_SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/usr/share/fonts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_OF_A_PREFIX = ("lib", "lib64", "pyvenv.cfg")
"""Not the whole prefix: /usr/local has nbgrader's exchange, with everybody's submissions, in its share
folder."""


def readable(extra: Iterable[Path] = ()) -> tuple[str, ...]:
    """The system's libraries and this interpreter, sorted, without those inside another; what is missing is
    left out."""
    wanted = [Path(p) for p in _SYSTEM]
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}:
        wanted += [Path(prefix) / name for name in _OF_A_PREFIX]
    wanted += [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    wanted += _interpreter()
    wanted += extra
    found = {str(p) for p in wanted if p.exists()} | {str(p.resolve()) for p in wanted if p.exists()}
    kept: list[str] = []
    for path in sorted(found):
        if not any(Path(path).is_relative_to(other) for other in kept):
            kept.append(path)
    return tuple(kept)


def _interpreter() -> list[Path]:
    """The executable and every symbolic link on the way to it (venv/bin/python -> .../python3 ->
    python3.11)."""
    chain = [Path(sys.executable)]
    while chain[-1].is_symlink() and len(chain) < 20:
        chain.append(Path(os.path.normpath(chain[-1].parent / os.readlink(chain[-1]))))
    return chain


def devices() -> tuple[str, ...]:
    """Device files that a jailed process may read and write."""
    return tuple(d for d in _DEVICES if os.path.exists(d))


def private(course: Iterable[Path] = ()) -> tuple[Path, ...]:
    """The files that no jailed process may read: this package with its hidden suites, the home folder, the course's
    folders."""
    home = [Path.home()] if Path.home() != Path("/") else []
    return (
        Path(autograder.__file__).resolve().parent,
        *(p.resolve() for p in home),
        *(p.resolve() for p in course),
    )


def refuse_overlap(readable: Iterable[str], private: Iterable[Path]) -> None:
    """Raise `JailUnavailable` where something private lies inside a readable folder, or is one."""
    for secret in private:
        for path in readable:
            if secret.is_relative_to(Path(path).resolve()):
                raise JailUnavailable(
                    f"{secret} lies inside {path}, which every submission can read. "
                    "Install the autograder in place (pip install --editable .) and keep courses and homes "
                    "outside the interpreter's own folders."
                )
