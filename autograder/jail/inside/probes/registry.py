"""The list of probes, and what they share."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import time
from collections.abc import Callable
from typing import Any

Facts = dict[str, Any]
"""The facts that the doctor tells a probe: paths and ports of decoys, process ids, limits."""
Probe = Callable[[Facts], object]

PROBES: dict[str, tuple[str, Probe]] = {}
"""Title -> (kind of denial, probe)."""

DENIALS = {
    *(
        errno.EPERM,
        errno.EACCES,
        errno.EROFS,
        errno.ENOENT,
        errno.ESRCH,
        errno.ENOSYS,
        errno.ENXIO,
        errno.ENODEV,
    ),
    *(errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT, errno.ENOTDIR, errno.ENOTTY),
}
"""The thing is refused, or not there to be had."""
AARCH64 = platform.machine() == "aarch64"
_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def attempt(title: str, facts: Facts) -> tuple[bool, str]:
    """Run a probe: did it get through, and what did it see? A probe that breaks counts as one that got through."""
    try:
        got = PROBES[title][1](facts)
    except OSError as error:
        return error.errno not in DENIALS, errno.errorcode.get(error.errno or 0, type(error).__name__)
    except Exception as error:
        return True, f"the probe broke: {type(error).__name__}: {error}"
    return True, repr(got)[:100]


def inside(facts: Facts) -> Facts:
    """The facts, with those that only this process knows."""
    here = os.getcwd()
    return {
        **facts,
        "own_folder": here,
        "scratch_root": os.path.dirname(here),
        "sibling_submission": os.path.join(os.path.dirname(here), facts["sibling"], "secret"),
        "zygote_pid": os.getppid(),
        "zygote_proc": f"/proc/{os.getppid()}",
        "library": os.path.dirname(os.__file__),
        "guest": os.path.dirname(__file__),
    }


def attempt_all(titles: list[str], facts: Facts) -> list[tuple[bool, str, float]]:
    """`attempt` each; the third item is its seconds."""
    facts = inside(facts)
    outcomes = []
    for title in titles:
        begun = time.perf_counter()
        through, saw = attempt(title, facts)
        outcomes.append((through, saw, time.perf_counter() - begun))
    return outcomes


def add(kind: str, title: str, function: Probe) -> None:
    """Register a probe under its title."""
    PROBES[title] = (kind, function)


def probe(kind: str, title: str) -> Callable[[Probe], Probe]:
    """Register the decorated function."""

    def register(function: Probe) -> Probe:
        add(kind, title, function)
        return function

    return register


def denied(why: object = "denied") -> PermissionError:
    """For what is refused otherwise than by an error number."""
    return PermissionError(errno.EPERM, str(why))


def system_call(x86_64: int, aarch64: int | None, *arguments: object) -> int:
    """A raw system call by its two numbers; OSError where it fails."""
    number = aarch64 if AARCH64 else x86_64
    if number is None:
        raise OSError(errno.ENOSYS, "no such call on this architecture")
    prepared = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = int(_libc.syscall(ctypes.c_long(number), *prepared))
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def reached(x86_64: int, aarch64: int | None, *arguments: object) -> Probe:
    """A call with arguments that the kernel refuses: any error but a denial shows that it got to the kernel."""

    def call(_: Facts) -> object:
        try:
            return system_call(x86_64, aarch64, *arguments)
        except OSError as error:
            if error.errno in (errno.EPERM, errno.ENOSYS, errno.EACCES):
                raise
            return f"reached the kernel ({errno.errorcode.get(error.errno or 0)})"

    return call
