# Attack: search the callers' frames and the collector's objects for the expected value
# Verdict: failed

import gc
import inspect
import sys

import torch


def scale(x, factor):
    frame, seen = sys._getframe(), []
    while frame is not None:
        seen += [v for v in {**frame.f_locals, **frame.f_globals}.values() if type(v) is torch.Tensor]
        frame = frame.f_back
    seen += [v for info in inspect.stack() for v in info.frame.f_locals.values() if type(v) is torch.Tensor]
    seen += [v for v in gc.get_objects() if type(v) is torch.Tensor]
    others = [v for v in seen if v.shape == x.shape and v is not x and not torch.equal(v, x)]
    return others[0] if others else torch.zeros_like(x)
