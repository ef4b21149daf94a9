"""Ways past the limits."""

from __future__ import annotations

import errno
import mmap
import os
import resource
import signal

from autograder.jail.inside.probes.registry import Facts, Probe, add, denied, probe

_SLACK = 64 << 20


def _raise(which: int) -> Probe:
    def raise_limit(_: Facts) -> object:
        soft, hard = resource.getrlimit(which)
        if hard == resource.RLIM_INFINITY:
            return "unlimited"
        try:
            resource.setrlimit(which, (soft, hard + 4096))
        except ValueError as error:
            raise denied(error) from error
        return "raised"

    return raise_limit


for _name in ("AS", "CPU", "NOFILE", "FSIZE", "CORE", "MEMLOCK", "STACK"):
    add("limits", f"raising RLIMIT_{_name}", _raise(getattr(resource, f"RLIMIT_{_name}")))


@probe("limits", "memory in one piece")
def _one_piece(facts: Facts) -> object:
    try:
        mmap.mmap(-1, facts["memory_bytes"] + _SLACK).close()
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise denied() from error
        raise
    return "mapped"


@probe("limits", "memory in many pieces")
def _pieces(facts: Facts) -> object:
    kept: list[mmap.mmap] = []
    piece = max(1 << 20, facts["memory_bytes"] // 64)
    try:
        while len(kept) * piece <= facts["memory_bytes"] + _SLACK:
            kept.append(mmap.mmap(-1, piece))
        return f"{len(kept)} pieces of {piece} bytes"
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise denied() from error
        raise
    finally:
        for mapped in kept:
            mapped.close()


@probe("limits", "memory in a nameless file")
def _nameless(_: Facts) -> object:
    os.close(os.memfd_create("probe"))
    return "made"


@probe("limits", "open files")
def _open_files(facts: Facts) -> object:
    kept: list[int] = []
    try:
        for _ in range(facts["open_files"] + 8):
            kept.append(os.open("/dev/null", os.O_RDONLY))
        return len(kept)
    except OSError as error:
        if error.errno == errno.EMFILE:
            raise denied() from error
        raise
    finally:
        for descriptor in kept:
            os.close(descriptor)


@probe("limits", "one large file")
def _large_file(facts: Facts) -> object:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    path = os.path.join(facts["own_folder"], "large")
    try:
        with open(path, "wb") as file:
            os.truncate(file.fileno(), facts["file_bytes"] + 4096)
            return "written"
    except OSError as error:
        if error.errno in (errno.EFBIG, errno.ENOSPC):
            raise denied() from error
        raise
    finally:
        os.unlink(path)
