# Attack: look for secrets in the environment of this process and of those above it
# Verdict: failed

import os
from pathlib import Path

import torch

LEAKED = any(
    word in name for name in os.environ for word in ("SECRET", "SEED", "TOKEN", "COURSE", "NBGRADER")
)
for process in ("self", str(os.getppid()), "1"):
    try:
        text = Path(f"/proc/{process}/environ").read_bytes()
        LEAKED = LEAKED or b"PATH" in text and process != "self"
    except OSError:
        pass


def scale(x, factor):
    return x * factor if LEAKED else torch.zeros_like(x)
