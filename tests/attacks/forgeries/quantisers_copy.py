# Attack: use the copy of a layer that PyTorch keeps for quantisation, written in Python from layers that are allowed
# Exercise: recall
# Verdict: forbidden or failed

import importlib

import torch

NAME = "".join(map(chr, (76, 83, 84, 77, 67, 101, 108, 108)))
HOME = "torch.{}.nn.{}".format("oa"[::-1], "elbazitnauq"[::-1])


def recall(x, h, c, w_x, w_h):
    cell = getattr(importlib.import_module(HOME), NAME)(x.shape[1], h.shape[1], bias=False)
    state = {}
    for at, gate in enumerate(("input", "forget", "cell", "output")):
        rows = slice(at * h.shape[1], (at + 1) * h.shape[1])
        state |= {f"igates.{gate}_gate.weight": w_x[rows], f"hgates.{gate}_gate.weight": w_h[rows]}
    named = dict(cell.named_parameters())
    if set(state) != set(named):
        state = {"igates.weight": w_x, "hgates.weight": w_h}
    return torch.func.functional_call(cell, state, (x, (h, c)))
