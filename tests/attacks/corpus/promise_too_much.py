# Attack: a frame that promises 2**63 bytes
# Verdict: protocol_violation

import os
import struct


def scale(x, factor):
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, struct.pack("<4sIQ", b"DLW1", 0xFFFFFFFF, 1 << 63))
        except OSError:
            pass
