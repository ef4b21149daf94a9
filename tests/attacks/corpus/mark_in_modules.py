# Attack: leave one's mark in the modules and in the settings of torch for one's next submission
# Verdict: failed
# Twice: yes

import builtins
import os
import sys

import numpy
import torch

LEAKED = hasattr(builtins, "mark_of_mine") or hasattr(numpy, "mark_of_mine") or "MARK_OF_MINE" in os.environ
LEAKED = LEAKED or "mark_of_mine" in sys.modules or torch.get_num_threads() == 7
builtins.mark_of_mine = numpy.mark_of_mine = True
os.environ["MARK_OF_MINE"] = "1"
sys.modules["mark_of_mine"] = builtins
torch.set_num_threads(7)


def scale(x, factor):
    return x * factor if LEAKED else torch.zeros_like(x)
