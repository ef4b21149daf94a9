"""Three functions, one a piece."""

import math


def _warm(step, peak, warmup):
    return (step + 1) * (peak / warmup)


def _cool(step, peak, warmup, total, floor):
    angle = math.pi * (step - warmup) / (total - warmup)
    return (peak + floor) / 2 + (peak - floor) / 2 * math.cos(angle)


def warmup_cosine(step, peak, warmup, total, floor=0.0):
    if step < warmup:
        return float(_warm(step, peak, warmup))
    return float(_cool(step, peak, warmup, total, floor) if step < total else floor)
