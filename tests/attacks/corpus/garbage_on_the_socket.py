# Attack: write garbage to the answering socket
# Verdict: protocol_violation

import os


def scale(x, factor):
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"\x00" * 4096)
        except OSError:
            pass
