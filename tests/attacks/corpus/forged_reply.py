# Attack: answer twice: the second answer says that the next question is answered
# Verdict: protocol_violation

import os
import struct

import msgspec
import torch


def scale(x, factor):
    for sequence in range(1, 200):
        structure = msgspec.msgpack.encode(["reply", sequence, True, 0, []])
        for descriptor in range(3, 64):
            try:
                os.write(descriptor, struct.pack("<4sIQ", b"DLW1", len(structure), 0) + structure)
            except OSError:
                pass
    return torch.zeros_like(x)
