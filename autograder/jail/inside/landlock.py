"""Landlock through ctypes: an unprivileged process gives up, for good, every path it does not name.

The kernel's interface is `landlock(7)` and `include/uapi/linux/landlock.h`. Rules bind to the file behind a
path at the time of the call; whatever kind of access is handled and not granted is refused, to root as well.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from autograder.jail.inside.policy import SealError
from autograder.jail.inside.syscalls import call, prctl

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same number on every architecture
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

OLDEST_ALONE = 3
"""Before 3 (Linux 6.2) a file could be truncated outside the ruleset, so that Landlock cannot stand alone."""
OLDEST = 1
"""Enough inside bubblewrap's mounts (Linux 5.13)."""

READ_FILE, READ_DIR = 1 << 2, 1 << 3
_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG, _REFER = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 13
READ = READ_FILE | READ_DIR
DEVICE = READ_FILE | _WRITE_FILE
SCRATCH = READ | _WRITE_FILE | _TRUNCATE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER
_ONLY_FOLDERS = READ_DIR | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER

_FS_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_TCP_BIND_CONNECT = 0b11  # since version 4
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11  # since version 6


def abi() -> int:
    """The kernel's Landlock version, or 0 where it has none (not built in, or switched off at boot)."""
    try:
        return max(0, call(_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION))
    except OSError:
        return 0


def restrict(rules: Iterable[tuple[str, int]], oldest: int = OLDEST_ALONE) -> int:
    """Add one layer of restriction to the calling thread: each (path, rights) is granted, all else refused.

    Paths that do not exist are passed over. Layers only ever narrow. TCP, abstract sockets and signals to
    processes outside the layer are refused where the kernel knows how. Returns the kernel's Landlock version;
    raises `SealError` where that is older than `oldest` or the layer is not in place.
    """
    version = abi()
    if version < oldest:
        raise SealError(f"Landlock version {oldest} or newer is needed and this kernel has {version}")
    handled = _FS_RIGHTS[min(version, 5)]
    attributes = struct.pack(
        "=QQQ",
        handled,
        _TCP_BIND_CONNECT if version >= 4 else 0,
        _ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0,
    )[: 24 if version >= 6 else 16 if version >= 4 else 8]
    try:
        ruleset = call(_CREATE_RULESET, ctypes.c_char_p(attributes), len(attributes), 0)
        try:
            for path, rights in rules:
                _grant(ruleset, path, rights & handled)
            prctl(_PR_SET_NO_NEW_PRIVS, 1)
            call(_RESTRICT_SELF, ruleset, 0)
        finally:
            os.close(ruleset)
    except OSError as error:
        raise SealError(f"Landlock: {error}") from error
    return version


def _grant(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= ~_ONLY_FOLDERS
        rule = struct.pack("=Qi", rights, descriptor)
        call(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.c_char_p(rule), 0)
    finally:
        os.close(descriptor)
