# Attack: follow every call by settrace and setprofile, for values that look like an answer
# Verdict: failed

import sys
import threading

import torch

seen = []


def follow(frame, event, argument):
    if type(argument) is torch.Tensor:
        seen.append(argument)
    return follow


sys.setprofile(follow)
sys.settrace(follow)
threading.setprofile(follow)


def scale(x, factor):
    return next((t for t in seen if t.shape == x.shape and not torch.equal(t, x)), torch.zeros_like(x))
