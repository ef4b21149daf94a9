"""The class that hands in the diffusion models."""

from __future__ import annotations

from autograder.demo.students import PART, ZERO, Student, misconception, mistaken

LOOPS = """def ancestral_sample(model, shape, betas, generator, clip=None):
    t = len(betas) - 1
    x = torch.randn(shape, generator=generator)
    while t >= 0:                                       # t never changes
        x = x - 0.01 * model(x, torch.full((shape[0],), t))
    return x
"""

ENDS = """import os, signal
def ddim_sample(model, shape, alpha_bar, steps, eta=0.0, generator=None):
    os.kill(os.getpid(), signal.SIGKILL)
"""

DRAWS = """def q_sample(x0, t, alpha_bar, noise):
    torch.manual_seed(0)                                # hoping to draw what the checker draws
    level = alpha_bar.to(x0.dtype)[t].reshape(-1, *[1] * (x0.dim() - 1))
    return level.sqrt() * x0 + (1 - level).sqrt() * torch.randn_like(x0)
"""


def the_class() -> list[Student]:
    """Everyone who hands in ch12."""
    return [
        Student("ada", "the reference solution"),
        Student("ben", "the skeleton, untouched", base="skeleton"),
        mistaken(
            "chloé durand",
            "ch12",
            {
                "schedules": "cosine_negative",
                "q_sample": "noise_compounded",
                "ancestral_sampler": "noise_at_last_step",
                "guidance": "swapped",
                "train_diffusion": "predicts_x0",
            },
        ),
        Student(
            "farid",
            "one sampler never returns, one ends the process",
            cells={"ancestral_sampler": LOOPS, "ddim_sampler": ENDS},
            expected={"ancestral_sampler": ZERO, "ddim_sampler": ZERO},
        ),
        Student(
            "mallory",
            "draws noise of its own, and returns the training set for samples",
            cells={
                "q_sample": DRAWS,
                "train_diffusion": misconception("ch12", "train_diffusion", "returns_training_set"),
            },
            expected={"q_sample": PART, "train_diffusion": PART},
        ),
        Student("梅", "a file that is not JSON", document=b'{"cells": [, "nbformat": 4}'),
    ]
