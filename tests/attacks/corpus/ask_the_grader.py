# Attack: send requests of one's own, for objects and operations that were never given
# Verdict: protocol_violation

import os
import struct

import msgspec


def scale(x, factor):
    for target in (0, 1, 2, 3, 1 << 40):
        for operation in ("getattr", "call", "eval", "run_cell", "state", "__class__"):
            structure = msgspec.msgpack.encode(
                ["request", 1, operation, target, ["__globals__"], {}, True, []]
            )
            for descriptor in range(3, 64):
                try:
                    os.write(descriptor, struct.pack("<4sIQ", b"DLW1", len(structure), 0) + structure)
                except OSError:
                    pass
