"""The class that hands in the energy-based models."""

from __future__ import annotations

from autograder.demo.students import ZERO, Student, mistaken

LOOPS = """def som_step(x, codebook, rate, radius):
    moved = codebook.clone()
    while (moved - x).norm(dim=2).min() > 0:            # no step ever arrives
        moved = moved + rate * (x - moved) * 0
    return moved
"""

LIBRARY = """def hopfield_weights(patterns):
    weight = patterns.T @ patterns / patterns.shape[1]
    return weight - torch.diag(weight.diagonal())


def hopfield_energy(s, weight):
    return -0.5 * ((s @ weight) * s).sum(1)


def hopfield_recall(s, weight, sweeps=5):
    s = s.clone()
    for _ in range(sweeps):
        for i in range(s.shape[1]):
            field = s @ weight[i]
            s[:, i] = torch.where(field == 0, s[:, i], field.sign())
    return s


def modern_step(query, patterns, beta):
    return F.scaled_dot_product_attention(query[None], patterns[None], patterns[None], scale=beta)[0]


def modern_energy(query, patterns, beta):
    return -torch.logsumexp(beta * query @ patterns.T, 1) / beta + 0.5 * (query**2).sum(1)
"""


def the_class() -> list[Student]:
    """Everyone who hands in ch13."""
    return [
        Student("ada", "the reference solution"),
        Student("ben", "the skeleton, untouched", base="skeleton"),
        mistaken(
            "chloé durand",
            "ch13",
            {
                "gibbs": "all_units_at_once",
                "langevin": "noise_without_root",
                "rbm": "factor_two_of_spins",
                "score_matching": "all_derivatives_summed",
                "self_organising_map": "row_and_column_exchanged",
            },
        ),
        Student(
            "farid",
            "his step never arrives",
            cells={"self_organising_map": LOOPS},
            expected={"self_organising_map": ZERO},
        ),
        Student(
            "mallory",
            "lets PyTorch do what is asked by hand",
            cells={"hopfield": LIBRARY},
            expected={"hopfield": ZERO},
        ),
        Student("梅", "a file that is not JSON", document=b'{"cells": [, "nbformat": 4}'),
    ]
