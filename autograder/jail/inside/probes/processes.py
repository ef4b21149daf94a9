"""Ways to reach another process, and to become two."""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource

from autograder.jail.inside.probes.registry import Facts, Probe, add, probe, reached, system_call

_SEIZE = 0x4206
_VFORK_WITH_A_NAMESPACE_AND_A_THREAD = 0x4000 | 0x10000 | 0x20000000
"""Flags that the kernel refuses together, so that no second process returns into this one's memory."""


def _signal(key: str) -> Probe:
    def send(facts: Facts) -> object:
        os.kill(facts[key], 0)
        return "delivered"

    return send


for _title, _key in (
    ("the grader", "grader_pid"),
    ("the zygote", "zygote_pid"),
    ("another process", "decoy_pid"),
    ("process 1", "first_pid"),
    ("everything", "every_pid"),
    ("its process group", "group_pid"),
):
    add("processes", f"signalling {_title}", _signal(_key))


@probe("processes", "signalling a thread of another process")
def _signal_thread(facts: Facts) -> object:
    return system_call(200, 130, facts["decoy_pid"], 0)


@probe("processes", "queueing a signal")
def _queue_signal(facts: Facts) -> object:
    info = ctypes.create_string_buffer(bytes(8) + b"\xff\xff\xff\xff", 128)
    return system_call(129, 138, facts["decoy_pid"], 0, info)


@probe("processes", "a signal by owning a descriptor")
def _own(facts: Facts) -> object:
    read, write = os.pipe()
    try:
        return fcntl.fcntl(read, fcntl.F_SETOWN, facts["decoy_pid"])
    finally:
        os.close(read)
        os.close(write)


@probe("processes", "a descriptor of another process")
def _pidfd(facts: Facts) -> object:
    os.close(system_call(434, 434, facts["decoy_pid"], 0))
    return "opened"


add("processes", "taking another process's descriptor", reached(438, 438, 0, 0, 0))


@probe("processes", "another process's limits")
def _limits(facts: Facts) -> object:
    return resource.prlimit(facts["decoy_pid"], resource.RLIMIT_CPU)


@probe("processes", "another process's processors")
def _processors(facts: Facts) -> object:
    os.sched_setaffinity(facts["decoy_pid"], os.sched_getaffinity(0))
    return "set"


@probe("processes", "another process's priority")
def _priority(facts: Facts) -> object:
    os.setpriority(os.PRIO_PROCESS, facts["decoy_pid"], os.getpriority(os.PRIO_PROCESS, 0))
    return "set"


@probe("processes", "tracing another process")
def _trace(facts: Facts) -> object:
    return system_call(101, 117, _SEIZE, facts["decoy_pid"], 0, 0)


add("processes", "any other request to trace", reached(101, 117, 0x9999, 0, 0, 0))


class _Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


@probe("processes", "reading another process's memory")
def _read_memory(facts: Facts) -> object:
    buffer = ctypes.create_string_buffer(8)
    here = _Piece(ctypes.addressof(buffer), 8)
    there = _Piece(facts["decoy_address"], 8)
    call = (310, 270, facts["decoy_pid"], ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
    return reached(*call)(facts)


@probe("processes", "writing another process's memory")
def _write_memory(facts: Facts) -> object:
    return reached(311, 271, facts["decoy_pid"], None, 0, None, 0, 0)(facts)


@probe("new processes", "fork")
def _fork(_: Facts) -> object:
    child = os.fork()
    if child == 0:
        os._exit(0)
    return os.waitpid(child, 0)


add("new processes", "vfork", reached(56, 220, _VFORK_WITH_A_NAMESPACE_AND_A_THREAD, 0, 0, 0, 0))


@probe("new processes", "posix_spawn")
def _spawn(_: Facts) -> object:
    return os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)


add("new processes", "clone3", reached(435, 435, None, 0))
add("new processes", "execve", reached(59, 221, None, None, None))
add("new processes", "execveat", reached(322, 281, -1, ctypes.c_char_p(b""), None, None, 0x1000))
