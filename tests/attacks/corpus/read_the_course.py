# Attack: look for the course's secret, its gradebook and its results, in every folder above and beside
# Verdict: failed

import os
from pathlib import Path

import torch

LEAKED = False
wanted = {
    "course_secret",
    "gradebook.db",
    "nbgrader_config.py",
    "submitted",
    "results",
    "suites",
    "solutions",
}
places = [
    *Path.cwd().parents,
    Path("/work"),
    Path("/home"),
    Path("/root"),
    Path("/srv"),
    Path("/mnt"),
    Path("/tmp"),
]
for place in places:
    try:
        LEAKED = LEAKED or bool(wanted & set(os.listdir(place)))
    except OSError:
        pass


def scale(x, factor):
    return x * factor if LEAKED else torch.zeros_like(x)
