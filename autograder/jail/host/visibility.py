"""The folders that a jail lets a submission read, and the check that nothing of the instructor's is among it."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
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
    left out, and so is what tells where packages that are installed in place lie."""
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
    hidden = {os.path.realpath(path) for path in _tells_where()}
    return tuple(kept) if not hidden else tuple(sorted(_without(kept, hidden, set())))


def listable(readable: Iterable[str]) -> tuple[str, ...]:
    """The folders with readable files of which not all can be read: the import system lists them."""
    paths = set(readable)
    return tuple(
        sorted({str(parent) for path in paths for parent in Path(path).parents} & _package_folders())
    )


def _package_folders() -> set[str]:
    found = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}
    return {str(path) for folder in found for path in (folder, folder.resolve())}


def _tells_where() -> set[str]:
    """The files beside the installed packages that name the folders of those installed in place (`pip install -e`)."""
    found: set[str] = set()
    for folder in map(Path, _package_folders()):
        if folder.is_dir():
            for pattern in (
                "__editable__*",
                "*.egg-link",
                "*.dist-info/direct_url.json",
                "*.dist-info/RECORD",
            ):
                found |= {str(path) for path in folder.glob(pattern)}
    return {path for path in found if not path.endswith("RECORD") or _in_place(Path(path).parent)}


def _in_place(package: Path) -> bool:
    return (package / "direct_url.json").exists()


def _without(paths: Iterable[str], hidden: set[str], opened: set[str]) -> Iterator[str]:
    """The paths, with a folder that holds something hidden in favour of what else is in it."""
    for path in paths:
        real = os.path.realpath(path)
        if any(Path(secret).is_relative_to(real) for secret in hidden):
            if real not in hidden and real not in opened:  # lib64 may be a link to lib
                opened.add(real)
                yield from _without(
                    sorted(os.path.join(path, name) for name in os.listdir(path)), hidden, opened
                )
        else:
            yield path


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
