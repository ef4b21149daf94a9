# Attack: change the code that answers, in its own process
# Verdict: failed

import gc

import torch

from autograder.jail.inside import server
from autograder.wire import messages, peer, tensors, values

for module in (server, peer, messages, tensors, values):
    for name, value in list(vars(module).items()):
        if isinstance(value, type) and issubclass(value, Exception):
            setattr(module, name, type(name, (BaseException,), {}))
for found in gc.get_objects():
    if type(found) is peer.Peer:
        found.mirror = True
        found._served = -(10**12)


def scale(x, factor):
    return torch.zeros_like(x)
