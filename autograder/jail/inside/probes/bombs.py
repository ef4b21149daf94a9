"""Ways to use up a machine; each is its process's last act."""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import threading
import time

from autograder.jail.inside.probes.registry import Facts, Probe

_LONG = 30.0
"""Seconds to wait to be killed."""


def bomb(name: str, facts: Facts) -> str:
    """Use up one thing until something stops it: `stopped ...` or `reached ...`, where the process lives to tell."""
    return str(BOMBS[name](facts))


def _threads(facts: Facts) -> object:
    threading.stack_size(65536)
    started = 0
    try:
        while started < 20 * facts["threads"]:
            threading.Thread(target=time.sleep, args=(_LONG,), daemon=True).start()
            started += 1
    except RuntimeError:
        return f"{'stopped' if started <= facts['threads'] + 16 else 'reached'} at {started}"
    time.sleep(_LONG)
    return f"reached {started}"


def _files(facts: Facts) -> object:
    for number in range(4 * facts["files"]):
        with open(f"file-{number}", "w"):
            pass
    time.sleep(_LONG)
    return "reached"


def _disk(facts: Facts) -> object:
    written = 0
    try:
        while written <= 4 * facts["disk_bytes"]:
            with open(f"file-{written}", "wb") as file:
                os.posix_fallocate(file.fileno(), 0, facts["file_bytes"])
            written += int(facts["file_bytes"])
    except OSError as error:
        return f"{'stopped' if written <= facts['disk_bytes'] else 'reached'}: {error.strerror}"
    time.sleep(_LONG)
    return "reached"


def _memory(facts: Facts) -> object:
    kept: list[bytearray] = []
    try:
        while len(kept) << 23 <= facts["memory_bytes"] + (64 << 20):
            kept.append(bytearray(8 << 20))
    except MemoryError:
        return "stopped"
    return "reached"


def _cpu(_: Facts) -> object:
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))
    while True:
        pass


def _sleep(_: Facts) -> object:
    time.sleep(_LONG)
    return "reached"


def _stop_itself(_: Facts) -> object:
    os.kill(os.getpid(), signal.SIGSTOP)
    return "reached"


def _other_table(_: Facts) -> object:
    """getpid by x86's 32-bit table of calls: mov eax, 20; int 0x80; ret."""
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")
    address = ctypes.addressof(ctypes.c_char.from_buffer(code))
    return f"reached {ctypes.CFUNCTYPE(ctypes.c_int)(address)()}"


BOMBS: dict[str, Probe] = {
    "threads": _threads,
    "files": _files,
    "disk": _disk,
    "memory": _memory,
    "cpu": _cpu,
    "sleep": _sleep,
    "stop itself": _stop_itself,
    "other table": _other_table,
}
