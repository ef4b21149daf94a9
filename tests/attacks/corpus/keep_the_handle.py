# Attack: answer with its own objects that change between two looks
# Verdict: failed

import torch


class Changing(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.looks = 0

    def __getattribute__(self, name):
        if name == "shape":
            return torch.zeros(3).shape
        return super().__getattribute__(name)


def scale(x, factor):
    return Changing()
