"""The zygote: one warm interpreter inside the jail that forks a sealed process per submission.

It is asked over a packet socket: a packet carrying one descriptor means "fork, and let the child answer on this", and
its bytes are the secret of that child's guard; it replies when the child has ended and everything the child wrote is
gone. It never runs a line of a student's code.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from autograder.jail.inside import scratch
from autograder.jail.inside.policy import Policy, SealError
from autograder.jail.inside.seal import seal_child, seal_zygote
from autograder.jail.inside.signing import SECRET_BYTES
from autograder.wire.frames import Channel

SEALED, UNSEALED = b"S", b"E"
READY = b"ready"


def main(policy_json: str, control_descriptor: int) -> None:
    """Seal, warm up, then fork on request until the grader hangs up."""
    policy = Policy.from_json(policy_json)
    stat = os.open("/proc/self/stat", os.O_RDONLY | os.O_CLOEXEC)  # before /proc is out of sight
    seal_zygote(policy)
    _forget_places()
    os.environ.update(HOME=policy.scratch, TMPDIR=policy.scratch, MPLCONFIGDIR=policy.scratch)
    # Imported only now: everything large is read from inside the seal. The server too, so that no fork pays for it.
    from autograder.jail.inside.guard import prepare
    from autograder.jail.inside.preload import preload
    from autograder.jail.inside.server import serve

    control = socket.socket(fileno=control_descriptor)
    guard = prepare()
    runner = preload()
    if (threads := _threads(stat)) != 1:
        raise RuntimeError(f"the zygote has {threads} threads and cannot fork safely")
    control.send(READY)
    while True:
        packet, descriptors, _, _ = socket.recv_fds(control, SECRET_BYTES, 1)
        if not packet or not descriptors:
            return
        folder = scratch.make(policy.scratch)
        child = os.fork()
        if child == 0:
            kept = [guard, packet]
            del guard, packet  # the student's code may look at this frame, and at those above it
            _submission(policy, folder, descriptors[0], kept, lambda channel: serve(channel, runner))
        os.close(descriptors[0])
        _, status = os.waitpid(child, 0)
        scratch.clear(folder)
        control.send(struct.pack("<i", os.waitstatus_to_exitcode(status)))


def _forget_places() -> None:
    """Forget where packages installed in place lie: their finders, which the interpreter's start has loaded, say it."""
    mark = "__editable__"
    sys.meta_path[:] = [f for f in sys.meta_path if not getattr(f, "__module__", "").startswith(mark)]
    sys.path_hooks[:] = [f for f in sys.path_hooks if not getattr(f, "__module__", "").startswith(mark)]
    sys.path[:] = [path for path in sys.path if mark not in path]
    for table in (sys.modules, sys.path_importer_cache):
        for name in [name for name in table if mark in name]:
            del table[name]


def _threads(stat: int) -> int:
    return int(os.pread(stat, 4096, 0).rpartition(b")")[2].split()[17])


def _submission(
    policy: Policy, folder: str, descriptor: int, guard: list[Any], serve: Callable[[Channel], None]
) -> NoReturn:
    try:
        try:
            seal_child(policy, folder, keep=(descriptor,))
        except (SealError, OSError) as error:
            os.write(descriptor, UNSEALED + str(error).encode()[:1000])
            os._exit(1)
        guard.pop(0)(guard.pop())
        answering = socket.socket(fileno=descriptor)
        answering.send(SEALED)
        serve(Channel(answering))
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
