"""The filter as a program, run by a small interpreter: for both architectures, also the one the tests do not run on."""

from __future__ import annotations

import errno
import os
import struct

import pytest

from autograder.jail.inside import seccomp
from autograder.jail.inside.policy import SealError
from autograder.jail.inside.syscalls import AUDIT_ARCH, NUMBERS, machine, number

PID = 4321
ALLOW, KILL = 0x7FFF0000, 0x80000000
THREAD = 0x003D0F00
PROCESS = 0x01200011  # fork()'s flags
REFUSED = {  # number on x86_64, on aarch64
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "ptrace": (101, 117),
    "execve": (59, 221),
    "tkill": (200, 130),
    "process_vm_readv": (310, 270),
    "pidfd_open": (434, 434),
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "memfd_create": (319, 279),
    "fchmodat": (268, 53),
    "symlinkat": (266, 36),
    "linkat": (265, 37),
    "setxattr": (188, 5),
    "utimensat": (280, 88),
    "inotify_init1": (294, 26),
    "mount": (165, 40),
    "unshare": (272, 97),
    "a call of the future": (600, 600),
}


def decide(program: bytes, architecture: int, call: int, arguments: tuple[int, ...] = ()) -> int:
    """What the kernel would answer: the classic BPF virtual machine, as far as the filter uses it."""
    padded = [a & (1 << 64) - 1 for a in (*arguments, 0, 0, 0, 0, 0, 0)[:6]]
    data = struct.pack("=IIQ6Q", call, architecture, 0, *padded)
    instructions = list(struct.iter_unpack("=HBBI", program))
    accumulator = place = 0
    while True:
        code, if_true, if_false, constant = instructions[place]
        place += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, constant)
        elif code == 0x06:
            return int(constant)
        elif code in (0x15, 0x35):
            holds = accumulator == constant if code == 0x15 else accumulator >= constant
            place += if_true if holds else if_false
        else:
            raise AssertionError(f"no such instruction: {code:#x}")


@pytest.fixture(params=sorted(AUDIT_ARCH))
def architecture(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def ask(architecture: str, name: str, *arguments: int) -> int:
    call = number(name, architecture)
    assert call is not None
    return decide(seccomp.build(PID, architecture), AUDIT_ARCH[architecture], call, arguments)


def fails(code: int) -> int:
    return 0x00050000 | code


def test_what_python_needs_is_allowed(architecture: str) -> None:
    for name in (
        "read",
        "write",
        "mmap",
        "futex",
        "openat",
        "sendmsg",
        "recvmsg",
        "exit_group",
        "rt_sigreturn",
    ):
        assert ask(architecture, name) == ALLOW


@pytest.mark.parametrize("name", REFUSED)
def test_what_it_does_not_need_is_refused(architecture: str, name: str) -> None:
    call = REFUSED[name][sorted(AUDIT_ARCH, reverse=True).index(architecture)]
    assert decide(seccomp.build(PID, architecture), AUDIT_ARCH[architecture], call) == fails(errno.EPERM)


def test_threads_and_no_processes(architecture: str) -> None:
    assert ask(architecture, "clone", THREAD) == ALLOW
    refused = (PROCESS, 17, THREAD | 0x20000000, THREAD & ~0x400, THREAD | 1 << 32, 0x4111)
    for flags in refused:
        assert ask(architecture, "clone", flags) == fails(errno.EPERM), hex(flags)
    assert ask(architecture, "clone3") == fails(errno.ENOSYS)


@pytest.mark.parametrize("name", ["kill", "tgkill", "prlimit64", "sched_setaffinity"])
def test_only_itself_is_a_target(architecture: str, name: str) -> None:
    assert ask(architecture, name, PID, 9) == ALLOW
    for other in (1, PID + 1, -1, -PID):
        assert ask(architecture, name, other, 9) == fails(errno.EPERM)
    assert ask(architecture, name, 0, 9) == (fails(errno.EPERM) if name in ("kill", "tgkill") else ALLOW)


def test_priority_of_itself_only(architecture: str) -> None:
    assert ask(architecture, "setpriority", 0, PID, 5) == ask(architecture, "setpriority", 0, 0, 5) == ALLOW
    for which, who in ((0, PID + 1), (1, 0), (2, 0)):
        assert ask(architecture, "setpriority", which, who, 5) == fails(errno.EPERM)


def test_no_descriptor_sends_signals(architecture: str) -> None:
    assert ask(architecture, "fcntl", 3, 4) == ALLOW
    for command in (8, 10, 15, 1024, 1026):  # F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY
        assert ask(architecture, "fcntl", 3, command) == fails(errno.EPERM)
    for request in (0x5412, 0x541C, 0x8901):  # TIOCSTI, TIOCLINUX, FIOSETOWN
        assert ask(architecture, "ioctl", 3, request) == fails(errno.EPERM)


def test_other_tables_of_calls() -> None:
    program = seccomp.build(PID, "x86_64")
    assert decide(program, 0x40000003, 20) == KILL
    assert decide(program, AUDIT_ARCH["x86_64"], 0x40000000 | 39) == fails(errno.ENOSYS)
    with pytest.raises(SealError, match="riscv64"):
        seccomp.build(PID, "riscv64")


def test_the_program_fits_the_kernel(architecture: str) -> None:
    assert len(seccomp.build(PID, architecture)) // 8 < 4096


def test_numbers_are_this_machines() -> None:
    header = {
        "x86_64": "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
        "aarch64": "/usr/include/asm-generic/unistd.h",
    }
    if machine() in header and os.path.exists(header[machine()]):
        with open(header[machine()]) as file:
            known = dict(
                line.split()[1:3]
                for line in file
                if line.startswith("#define __NR_") and len(line.split()) == 3
            )
        for name in NUMBERS:
            if f"__NR_{name}" in known and known[f"__NR_{name}"].isdigit():
                assert number(name) == int(known[f"__NR_{name}"]), name
