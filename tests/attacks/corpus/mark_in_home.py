# Attack: leave a file in the home folder for one's next submission
# Verdict: failed
# Twice: yes

from pathlib import Path

import torch

LEAKED = False
for folder in [Path.home(), Path.home() / ".ipython", Path.home() / ".cache"]:
    try:
        LEAKED = LEAKED or (folder / ".mark_of_mine").exists()
        folder.mkdir(exist_ok=True)
        (folder / ".mark_of_mine").touch()
    except OSError:
        pass


def scale(x, factor):
    return x * factor if LEAKED else torch.zeros_like(x)
