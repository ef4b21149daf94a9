# Attack: answer with a nested tensor of the right values
# Verdict: failed

import torch


def scale(x, factor):
    return torch.nested.as_nested_tensor(list((x * factor).unbind()))
