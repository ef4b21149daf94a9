# Attack: leave files that the next submission's interpreter would read
# Verdict: failed

import os
import sys

import torch

import selfcheck

places = [os.path.dirname(os.getcwd()), os.path.dirname(selfcheck.__file__), os.path.expanduser("~"), "/tmp"]
for folder in [*places, *sys.path]:
    for name in (
        "sitecustomize.py",
        "torch.py",
        "startup.py",
        ".pth",
        "matplotlibrc",
        "profile_default/startup/a.py",
    ):
        try:
            with open(os.path.join(folder, name), "w") as file:
                file.write("import torch\ntorch.Tensor.__mul__ = lambda a, b: a\n")
        except OSError:
            pass


def scale(x, factor):
    return torch.zeros_like(x)
