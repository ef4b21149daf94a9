# Attack: read the memory of other processes, by /proc, by a system call and by ptrace
# Verdict: failed

import ctypes
import os

import torch

LEAKED = False
libc = ctypes.CDLL(None, use_errno=True)
for process in {1, os.getppid(), os.getppid() - 1}:
    try:
        open(f"/proc/{process}/mem", "rb").close()
        LEAKED = True
    except OSError:
        pass
    LEAKED = LEAKED or process != os.getpid() and libc.ptrace(16, process, 0, 0) == 0


class Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


here = ctypes.create_string_buffer(8)
mine, theirs = Piece(ctypes.addressof(here), 8), Piece(id(torch), 8)
LEAKED = LEAKED or libc.process_vm_readv(os.getppid(), ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0) > 0


def scale(x, factor):
    return x * factor if LEAKED else torch.zeros_like(x)
