"""Giving up root's privileges without giving up its user id (`capabilities(7)`)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct

from autograder.jail.inside.policy import SealError
from autograder.jail.inside.syscalls import call, machine, prctl

_PR_CAPBSET_READ, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 23, 24, 38
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_PR_SET_SECUREBITS = 28
_NO_ROOT_AND_LOCKED = 0b101111  # SECBIT_NOROOT, NO_SETUID_FIXUP and their locks, KEEP_CAPS_LOCKED
_VERSION_3 = 0x20080522
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPGET = {"x86_64": 125, "aarch64": 90}


def _read() -> tuple[int, ...]:
    header, data = struct.pack("=Ii", _VERSION_3, 0), ctypes.create_string_buffer(24)
    call(_CAPGET[machine()], ctypes.c_char_p(header), data)
    return struct.unpack("=6I", data.raw)


def drop() -> None:
    """Empty every capability set, the bounding and ambient ones included. Raises `SealError` where something
    is left."""
    try:
        if any(_read()):
            for capability in range(64):
                try:
                    if prctl(_PR_CAPBSET_READ, capability):
                        prctl(_PR_CAPBSET_DROP, capability)
                except OSError:
                    break  # past the kernel's last one, or nothing of ours to drop with
            with contextlib.suppress(PermissionError):  # needs CAP_SETPCAP; a second lock beside no_new_privs
                prctl(_PR_SET_SECUREBITS, _NO_ROOT_AND_LOCKED)
        prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
        prctl(_PR_SET_NO_NEW_PRIVS, 1)
        header, nothing = struct.pack("=Ii", _VERSION_3, 0), bytes(24)
        call(_CAPSET[machine()], ctypes.c_char_p(header), ctypes.c_char_p(nothing))
        left = _read()
    except OSError as error:
        raise SealError(f"capabilities: {error}") from error
    if any(left):
        raise SealError(f"capabilities left: {left}, user id {os.getuid()}")
