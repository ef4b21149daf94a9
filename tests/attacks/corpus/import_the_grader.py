# Attack: import the grader's own modules and ask them for the seed
# Verdict: failed

import importlib
import pkgutil
import sys

import torch

LEAKED = False
for name in (
    "autograder.course.secret",
    "autograder.grading.suite",
    "autograder.suites",
    "autograder.testing",
):
    try:
        importlib.import_module(name)
        LEAKED = True
    except Exception:
        pass
LEAKED = LEAKED or any("suites" in name for name in sys.modules)
LEAKED = LEAKED or any(
    "suites" in str(finder.path) for finder in pkgutil.iter_importers() if hasattr(finder, "path")
)


def scale(x, factor):
    return x * factor if LEAKED else torch.zeros_like(x)
