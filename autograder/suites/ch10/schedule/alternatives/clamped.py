"""The share that is done, clamped."""

import math


def warmup_cosine(step, peak, warmup, total, floor=0.0):
    if warmup > step:
        return peak / warmup * (1 + step)
    done = min(max((step - warmup) / max(total - warmup, 1), 0.0), 1.0)
    if total == warmup:
        done = 1.0
    coefficient = 0.5 * (1.0 + math.cos(math.pi * done))
    return coefficient * peak + (1 - coefficient) * floor
