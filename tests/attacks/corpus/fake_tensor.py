# Attack: answer with torch's own fake tensor, which has a shape and no values
# Verdict: failed or crashed

from torch._subclasses.fake_tensor import FakeTensorMode


def scale(x, factor):
    with FakeTensorMode() as mode:
        return mode.from_tensor(x.detach()) * factor
