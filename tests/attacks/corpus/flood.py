# Attack: write answers for ever
# Verdict: protocol_violation

import os
import struct

import msgspec

structure = msgspec.msgpack.encode(["request", 1, "call", 1, [], {}, True, []])
frame = struct.pack("<4sIQ", b"DLW1", len(structure), 0) + structure


def scale(x, factor):
    while True:
        for descriptor in range(3, 64):
            try:
                os.write(descriptor, frame * 100)
            except OSError:
                pass
