"""A table of pairs of functions by name, logsigmoid inside, one mean at the end."""

from torch.nn import functional as F


def _entropy(target):
    return lambda f: -target * F.logsigmoid(f) - (1 - target) * F.logsigmoid(-f)


def _square(target):
    return lambda f: (f - target).square() / 2


REAL = {
    "minimax": lambda s: _entropy(1 - s),
    "non_saturating": lambda s: _entropy(1 - s),
    "least_squares": lambda s: _square(1 - s),
    "hinge": lambda s: lambda f: (1 - f).clamp(min=0),
}
MADE = {
    "minimax": _entropy(0),
    "non_saturating": _entropy(0),
    "least_squares": _square(0),
    "hinge": lambda f: (1 + f).clamp(min=0),
}
FORGER = {
    "minimax": F.logsigmoid,
    "non_saturating": _entropy(1),
    "least_squares": _square(1),
    "hinge": lambda f: -f,
}


def discriminator_loss(real_logits, fake_logits, kind="non_saturating", smoothing=0.0):
    if kind not in REAL or (kind == "hinge" and smoothing != 0):
        raise ValueError(f"{kind} with a smoothing of {smoothing}")
    return REAL[kind](smoothing)(real_logits).mean() + MADE[kind](fake_logits).mean()


def generator_loss(fake_logits, kind="non_saturating"):
    if kind not in FORGER:
        raise ValueError(kind)
    per_sample = FORGER[kind](-fake_logits if kind == "minimax" else fake_logits)
    return per_sample.mean()
