"""System calls that no notebook needs and that exploits are made of. A row: title, number on x86_64, on aarch64,
arguments.
"""

from __future__ import annotations

from autograder.jail.inside.probes.registry import AARCH64, add, reached

_CALLS: tuple[tuple[str, int, int | None, tuple[object, ...]], ...] = (
    ("loading a kernel module", 175, 105, (None, 0, None)),
    ("loading a kernel module from a file", 313, 273, (-1, None, 0)),
    ("loading a new kernel", 246, 104, (0, 1 << 40, None, 0)),
    ("bpf", 321, 280, (9999, None, 0)),
    ("performance counters", 298, 241, (None, 0, -1, -1, 0)),
    ("userfaultfd", 323, 282, (1 << 30,)),
    ("keyrings", 250, 219, (0, -3, 0, 0, 0)),
    ("mounting", 165, 40, (None, None, None, 0, None)),
    ("the newer mount calls", 428, 428, (-1, None, 0)),
    ("unmounting", 166, 39, (None, 0)),
    ("pivot_root", 155, 41, (None, None)),
    ("chroot", 161, 51, (None,)),
    ("making namespaces", 272, 97, (0,)),
    ("joining a namespace", 308, 268, (-1, 0)),
    ("swap files", 167, 224, (None, 0)),
    ("rebooting", 169, 142, (0, 0, 0, None)),
    ("the machine's clock", 164, 170, (None, None)),
    ("the machine's name", 170, 161, (None, -1)),
    ("the kernel's log", 103, 116, (3, None, 0)),
    ("System V shared memory", 29, 194, (-1, 0, 0)),
    ("System V semaphores", 64, 190, (-1, -1, 0)),
    ("System V message queues", 68, 186, (-1, 0)),
    ("POSIX message queues", 240, 180, (None, 0, 0, None)),
    ("comparing processes", 312, 272, (-1, -1, 99, 0, 0)),
    ("moving a process's pages", 279, 239, (-1, 0, None, None, None, 0)),
    ("advising another process's memory", 440, 440, (-1, None, 0, 0, 0)),
    ("opening a file by its handle", 304, 265, (-1, None, 0)),
    ("fanotify", 300, 262, (1 << 30, 0)),
    ("personality", 135, 92, (0xFFFFFFFF,)),
    ("a seccomp filter with a listener", 317, 277, (1, 1 << 20, None)),
    ("I/O ports", 172, None, (4,)),
    ("segment descriptors", 154, None, (99, None, 0)),
    ("timers that send signals", 222, 107, (99, None, None)),
    ("asynchronous I/O", 206, 0, (0, None)),
    ("making itself dumpable", 157, 167, (4, 1, 0, 0, 0)),
    ("typing into a terminal", 16, 29, (0, 0x5412, None)),
    ("another user id", 105, 146, (-1,)),
    ("capabilities", 126, 91, (None, None)),
)
for _title, _x86_64, _aarch64, _arguments in _CALLS:
    add("kernel", _title, reached(_x86_64, _aarch64, *_arguments))
if not AARCH64:
    add("kernel", "the x32 table of calls", reached(0x40000000 + 39, None))
