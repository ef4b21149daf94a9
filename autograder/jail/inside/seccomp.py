"""A seccomp filter that leaves a process what Python, torch, numpy and OpenMP need and refuses every other
system call.

The filter is classic BPF over `struct seccomp_data` (`seccomp(2)`, `include/uapi/linux/seccomp.h`), put
together here as an allowlist: a call of a kernel newer than this file is refused. Denials fail with EPERM, so
that a student's program sees an ordinary `PermissionError`. A call of another architecture's table kills the
process.

Not allowed, among others: new processes, sockets of every family, tracing and reading other processes,
pidfds, io_uring, bpf, perf, userfaultfd, keyrings, mounts, namespaces, System V and POSIX message queues,
semaphores and shared memory, memfd, modes, owners, times and extended attributes of files (Landlock does not
cover those), links, inotify.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterable

from autograder.jail.inside.policy import SealError
from autograder.jail.inside.syscalls import AUDIT_ARCH, NUMBERS, machine, number, prctl

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2

_LOAD_WORD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_JUMP_EQUAL, _JUMP_AT_LEAST = 0x15, 0x35  # BPF_JMP | BPF_JEQ or BPF_JGE, with a constant
_AND, _RETURN = 0x54, 0x06
_NUMBER, _ARCHITECTURE = 0, 4  # offsets in struct seccomp_data

_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_X32_BIT = 0x40000000

# pthread_create's flags: glibc's, and musl's with CLONE_DETACHED. Sharing of memory, files and signal
# handlers is what makes it a thread of this process; any other flag word is refused.
_THREAD_FLAGS = (0x003D0F00, 0x007D0F00)
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032)
"""Duplicating, flags, locks, F_GETPIPE_SZ. F_SETOWN and F_SETSIG could send a signal to the grader's
process."""
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX."""
_PRCTL = (3, 15, 16, 21, 23, 39, 0x53564D41)
"""PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_GET_SECCOMP, PR_CAPBSET_READ, PR_GET_NO_NEW_PRIVS,
PR_SET_VMA."""
_ARCH_PRCTL = (0x1021, 0x1022, 0x1023)
"""Asking for wide matrix registers (AMX), as oneDNN does."""
_CONDITIONAL = frozenset(
    {"clone", "clone3", "kill", "tgkill", "prctl", "ioctl", "fcntl", "prlimit64"}
    | {"sched_setaffinity", "setpriority", "arch_prctl"}
)

# The most frequent calls first: the kernel walks the filter from the top.
_FIRST = (
    "read",
    "write",
    "futex",
    "recvmsg",
    "sendmsg",
    "mmap",
    "munmap",
    "madvise",
    "clock_gettime",
    "newfstatat",
)


def _instruction(code: int, constant: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, constant)


def _load_argument(index: int) -> bytes:
    """Load the low half of an argument; every value compared here is an int or a small flag word in the
    kernel too."""
    return _instruction(_LOAD_WORD, 16 + 8 * index)


def _fail(code: int) -> bytes:
    return _instruction(_RETURN, 0x00050000 | code)


def _on(call_number: int, body: bytes) -> bytes:
    """Run a body that returns on every path for one call; the number is in the accumulator before and
    after."""
    return _instruction(_JUMP_EQUAL, call_number, 0, len(body) // 8) + body


def _one_of(index: int, values: Iterable[int]) -> bytes:
    """Allow where the argument is one of the values, fail with EPERM where it is not."""
    values = tuple(values)
    tests = b"".join(
        _instruction(_JUMP_EQUAL, value & 0xFFFFFFFF, len(values) - i) for i, value in enumerate(values)
    )
    return _load_argument(index) + tests + _fail(errno.EPERM) + _instruction(_RETURN, _ALLOW)


def _high_half_is_zero(index: int) -> bytes:
    """Go on where an argument's upper 32 bits are zero, fail with EPERM where they are not."""
    return _instruction(_LOAD_WORD, 16 + 8 * index + 4) + _instruction(_JUMP_EQUAL, 0, 1) + _fail(errno.EPERM)


def build(pid: int, architecture: str | None = None) -> bytes:
    """The filter for the process `pid` (its thread group, as it numbers itself), as packed `struct
    sock_filter`s.

    Raises `SealError` on an architecture without a table.
    """
    architecture = architecture or machine()
    if architecture not in AUDIT_ARCH:
        raise SealError(f"no system call table for {architecture}: x86_64 and aarch64 have one")
    conditions: dict[str, bytes] = {
        "clone": _high_half_is_zero(0) + _one_of(0, _THREAD_FLAGS),
        "clone3": _fail(errno.ENOSYS),  # its flags lie in memory, unseen; libc then falls back to clone
        "kill": _one_of(0, [pid]),
        "tgkill": _one_of(0, [pid]),
        "prctl": _one_of(0, _PRCTL),
        "ioctl": _one_of(1, _IOCTL),
        "fcntl": _one_of(1, _FCNTL),
        "prlimit64": _one_of(0, [0, pid]),
        "sched_setaffinity": _one_of(0, [0, pid]),
        "setpriority": _instruction(_LOAD_WORD, 16)
        + _instruction(_JUMP_EQUAL, 0, 1)  # PRIO_PROCESS: not a group's or a user's
        + _fail(errno.EPERM)
        + _one_of(1, [0, pid]),
        "arch_prctl": _one_of(0, _ARCH_PRCTL),
    }
    program = [
        _instruction(_LOAD_WORD, _ARCHITECTURE),
        _instruction(_JUMP_EQUAL, AUDIT_ARCH[architecture], 1),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD_WORD, _NUMBER),
        _instruction(_JUMP_AT_LEAST, _X32_BIT, 0, 1),
        _fail(errno.ENOSYS),
    ]
    rest = [name for name in NUMBERS if name not in _FIRST]
    for name in (*_FIRST, *rest):
        call_number = number(name, architecture)
        if call_number is not None:
            program.append(_on(call_number, conditions.get(name, _instruction(_RETURN, _ALLOW))))
    program.append(_fail(errno.EPERM))
    return b"".join(program)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def install() -> None:
    """Put the filter on the calling process, for good. It must have a single thread. Raises `SealError`."""
    instructions = build(os.getpid())
    program = _Program(len(instructions) // 8, instructions)
    try:
        prctl(_PR_SET_NO_NEW_PRIVS, 1)
        prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(program))
    except OSError as error:
        raise SealError(f"seccomp: {error}") from error
