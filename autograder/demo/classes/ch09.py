"""The class that hands in attention."""

from __future__ import annotations

from autograder.demo.students import ZERO, Student, mistaken

LOOPS = """def padding_mask(lengths, size):
    rows = []
    while len(rows) < len(lengths):                     # rows never grows
        row = torch.arange(size) < lengths[len(rows)]
    return torch.stack(rows)
"""

LIBRARY = """def masked_softmax(scores, mask=None):
    if mask is None:
        return scores.softmax(-1)
    return scores.masked_fill(~mask, -torch.inf).softmax(-1).nan_to_num()


def attention(q, k, v, mask=None, scale=None):
    output = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scale)
    every_key = torch.eye(k.shape[-2]).expand(*k.shape[:-1], k.shape[-2])
    return output, F.scaled_dot_product_attention(q, k, every_key, attn_mask=mask, scale=scale)
"""


def the_class() -> list[Student]:
    """Everyone who hands in ch09."""
    return [
        Student("ada", "the reference solution"),
        Student("ben", "the skeleton, untouched", base="skeleton"),
        mistaken(
            "chloé durand",
            "ch09",
            {
                "kernel_attention": "sees_its_own_target",
                "scores": "tanh_of_each_part",
                "scaled_dot_product": "mask_after_softmax",
                "multi_head": "heads_are_pieces_of_time",
                "attention_decoder": "general_asks_with_the_old_state",
                "spatial_attention": "gate_starts_at_one",
            },
        ),
        Student("farid", "his rows never grow", cells={"masks": LOOPS}, expected={"masks": ZERO}),
        Student(
            "mallory",
            "lets PyTorch do what is asked by hand",
            cells={"scaled_dot_product": LIBRARY},
            expected={"scaled_dot_product": ZERO},
        ),
        Student("梅", "a file that is not JSON", document=b'{"cells": [, "nbformat": 4}'),
    ]
