# Attack: write whole frames of one's own from a thread, between two answers
# Verdict: protocol_violation or failed
# Spoils: triple, where the thread is slow to begin and its cell has ended

import os
import struct
import threading
import time


def write():
    while True:
        for descriptor in range(3, 32):
            try:
                os.write(descriptor, struct.pack("<4sIQ", b"DLW1", 1, 0) + b"\xc0")
            except OSError:
                pass
        time.sleep(0.001)


threading.Thread(target=write, daemon=True).start()


def scale(x, factor):
    return x * 0
