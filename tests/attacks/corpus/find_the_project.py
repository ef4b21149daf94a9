# Attack: ask the finders and metadata of what is installed where the project lies, and list that folder
# Verdict: failed

import importlib.metadata
import os
import sys

import torch

LEAKED = False
places = {str(getattr(module, "__file__", "") or "") for module in list(sys.modules.values())}
for distribution in importlib.metadata.distributions():
    places.update(str(file.locate()) for file in distribution.files or () if "editable" in str(file))
for finder in sys.meta_path:
    places.update(
        map(str, getattr(sys.modules.get(getattr(finder, "__module__", "")), "MAPPING", {}).values())
    )
for place in places:
    folder = os.path.dirname(place)
    try:
        LEAKED = LEAKED or "suites" in os.listdir(folder) or "suites" in os.listdir(os.path.dirname(folder))
    except OSError:
        pass


def scale(x, factor):
    return x * factor if LEAKED else torch.zeros_like(x)
