"""The class that hands in the Transformers."""

from __future__ import annotations

from autograder.demo.students import ZERO, Student, mistaken

LOOPS = """def warmup_cosine(step, peak, warmup, total, floor=0.0):
    rate = 0.0
    while rate < peak:                                  # rises by nothing where there is no warm-up to rise in
        rate += 0 * peak
    return rate
"""

LIBRARY = """def layer_norm(x, weight, bias, eps=1e-5):
    return F.layer_norm(x, (x.shape[-1],), weight, bias, eps)


def rms_norm(x, weight, eps=1e-6):
    return F.rms_norm(x, (x.shape[-1],), weight, eps)
"""


def the_class() -> list[Student]:
    """Everyone who hands in ch10."""
    return [
        Student("ada", "the reference solution"),
        Student("ben", "the skeleton, untouched", base="skeleton"),
        mistaken(
            "chloé durand",
            "ch10",
            {
                "norms": "divided_by_one_less",
                "rotary": "positions_from_zero",
                "schedule": "first_step_wasted",
                "kv_cache": "mask_in_the_wrong_corner",
                "decoding": "crossing_token_lost",
            },
        ),
        Student(
            "farid",
            "his rate never rises",
            cells={"schedule": LOOPS},
            expected={"schedule": ZERO},
        ),
        Student(
            "mallory",
            "lets PyTorch do what is asked by hand",
            cells={"norms": LIBRARY},
            expected={"norms": ZERO},
        ),
        Student("梅", "a file that is not JSON", document=b'{"cells": [, "nbformat": 4}'),
    ]
