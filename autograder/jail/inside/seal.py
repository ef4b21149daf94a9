"""Two layers of sealing, both irreversible: the zygote before it imports anything large, the submission before its
code.

Order of life inside the jail:

    seal_zygote(policy)                    # the first thing the interpreter does
    import torch ...                       # from readable paths only
    folder = scratch.make(policy.scratch)
    os.fork()
    seal_child(policy, folder, keep=(fd,)) # in the child, before any code of a student's

After `seal_child` the process is one process for good (threads are allowed), has no socket but the descriptors it
was born with, sees the readable paths and its own folder, and cannot raise a limit, also as root.
"""

from __future__ import annotations

import os
import resource
import signal
import tempfile

from autograder.jail.inside import capabilities, landlock, seccomp
from autograder.jail.inside.policy import Limits, Policy, SealError
from autograder.jail.inside.syscalls import PR_SET_PDEATHSIG, prctl

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38

_statm: int | None = None
"""/proc/self/statm of the zygote, opened before /proc is out of sight; a child that was just forked has the
same size."""


def seal_zygote(policy: Policy) -> None:
    """Seal the interpreter that submissions are forked from.

    It may read `policy.readable`, write under `policy.scratch`, and make processes and (inside its network
    namespace, where the backend gives it one) sockets; no student's code runs here. It dies with the thread
    that started it. Raises `SealError` where a denial could not be put in place.
    """
    global _statm
    _statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    _first_victim_of_memory_pressure()
    capabilities.drop()
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _landlock(policy, policy.scratch)
    prctl(
        _PR_SET_DUMPABLE, 0
    )  # a submission has the same user id and must not read this process through /proc


def seal_child(policy: Policy, folder: str, keep: tuple[int, ...] = ()) -> None:
    """Seal a freshly forked process for one submission and make `folder` its current, temporary and home
    folder.

    Descriptors other than 0, 1, 2 and `keep` are closed. The process must have a single thread. Raises
    `SealError`.
    """
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    _limit(policy.limits, policy.max_processes)
    _close_others(keep)
    _descriptors_of_its_own()
    os.umask(0o077)
    os.chdir(folder)
    os.environ.update(HOME=folder, TMPDIR=folder)
    tempfile.tempdir = None  # a choice the zygote may have made
    capabilities.drop()
    prctl(_PR_SET_DUMPABLE, 0)
    _landlock(policy, folder, again=True)
    if policy.seccomp:
        seccomp.install()


def _landlock(policy: Policy, writable_folder: str, again: bool = False) -> None:
    if policy.landlock is None:
        return
    readable, listable = policy.readable, policy.listable
    if again:  # what the first layer refuses stays refused: a few folders say the same as hundreds of files
        readable = (*(p for p in readable if not p.startswith(tuple(f"{f}/" for f in listable))), *listable)
        listable = ()
    landlock.restrict(
        [
            *((path, landlock.READ) for path in readable),
            *((path, landlock.READ_DIR) for path in listable),
            *((path, landlock.DEVICE) for path in policy.writable),
            (writable_folder, landlock.SCRATCH),
        ],
        policy.landlock,
    )


def _limit(limits: Limits, max_processes: int | None) -> None:
    """Soft and hard limits alike, so that nothing is left to raise. Address space counts from what is mapped
    now."""
    if _statm is None:
        raise SealError("seal_zygote has not been called in this process or its parent")
    mapped = int(os.pread(_statm, 128, 0).split()[0]) * os.sysconf("SC_PAGE_SIZE")
    wanted = {
        resource.RLIMIT_AS: mapped + limits.memory_bytes,
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_STACK: 64 * 1024**2,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_NICE: 0,
        resource.RLIMIT_RTPRIO: 0,
    }
    if max_processes is not None:
        wanted[resource.RLIMIT_NPROC] = max_processes
    for which, value in wanted.items():
        _soft, hard = resource.getrlimit(which)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (bound, bound))


def _close_others(keep: tuple[int, ...]) -> None:
    lowest = 3
    for descriptor in sorted(d for d in keep if d >= 3):
        os.closerange(lowest, descriptor)
        lowest = descriptor + 1
    os.closerange(lowest, max(65536, os.sysconf("SC_OPEN_MAX")))


def _descriptors_of_its_own() -> None:
    """Open anew what is inherited of /dev/null: its flags and locks are shared by all who inherit it, and would
    outlive the submission that sets them."""
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for descriptor in (0, 1, 2):
        if os.fstat(descriptor).st_rdev == os.fstat(null).st_rdev:
            os.dup2(null, descriptor)
    os.close(null)


def _first_victim_of_memory_pressure() -> None:
    """Where the machine runs out of memory after all, the kernel takes a submission rather than the
    grader."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass  # a read-only /proc; the other bounds still hold
