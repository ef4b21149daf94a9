"""The class that hands in the autoencoders and adversarial networks."""

from __future__ import annotations

from autograder.demo.students import ZERO, Student, mistaken

LOOPS = """def transposed_size(n, kernel, stride, padding):
    size = n
    while size != size + 1:                            # grows for ever
        size = size + 1
    return size
"""

LIBRARY = """def power_iteration(weight, u, rounds=1):
    left, values, right = torch.linalg.svd(weight)
    return values[0], left[:, 0].detach(), right[0].detach()


class SpectralLinear(nn.Module):
    def __init__(self, n, m):
        super().__init__()
        self.layer = nn.utils.parametrizations.spectral_norm(nn.Linear(n, m))

    def forward(self, x):
        return self.layer(x)
"""


def the_class() -> list[Student]:
    """Everyone who hands in ch11."""
    return [
        Student("ada", "the reference solution"),
        Student("ben", "the skeleton, untouched", base="skeleton"),
        mistaken(
            "chloé durand",
            "ch11",
            {
                "denoising": "noisy_target",
                "reparameterise": "logvar_used_as_std",
                "bound_gap": "log_k_forgotten",
                "frechet": "root_of_each_element",
            },
        ),
        Student(
            "farid",
            "his map grows for ever",
            cells={"dcgan": LOOPS},
            expected={"dcgan": ZERO},
        ),
        Student(
            "mallory",
            "lets PyTorch do what is asked by hand",
            cells={"spectral_norm": LIBRARY},
            expected={"spectral_norm": ZERO},
        ),
        Student("梅", "a file that is not JSON", document=b'{"cells": [, "nbformat": 4}'),
    ]
