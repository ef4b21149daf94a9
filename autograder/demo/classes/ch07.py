"""The class that hands in the recurrent networks."""

from __future__ import annotations

from autograder.demo.students import ZERO, Student, mistaken

LOOPS = """def sample(model, prompt, length, temperature, generator):
    ids = prompt
    while len(ids) < len(prompt) + length:              # ids never grows
        logits, _ = model(ids[None], None)
        ids[-1] = logits[0, -1].argmax()
    return ids
"""

AUTOGRAD = """def bptt(grad_outputs, x, lengths, h0, outputs, w_x, w_h):
    leaves = [tensor.detach().clone().requires_grad_() for tensor in (x, h0, w_x, w_h, w_h[:, 0] * 0)]
    states, _ = rnn(leaves[0], lengths, *leaves[1:])
    return torch.autograd.grad(states, leaves, grad_outputs)
"""

LIBRARY = """def rnn(x, lengths, h0, w_x, w_h, b):
    network = nn.RNN(x.shape[2], h0.shape[1], batch_first=True)
    outputs, last = network(x, h0[None])
    return outputs, last[0]
"""


def the_class() -> list[Student]:
    """Everyone who hands in ch07."""
    return [
        Student("ada", "the reference solution"),
        Student("ben", "the skeleton, untouched", base="skeleton"),
        mistaken(
            "chloé durand",
            "ch07",
            {
                "bigram": "repeats_counted_once",
                "rnn": "last_is_the_last_column",
                "bptt": "before_the_first_wraps_around",
                "truncated_bptt": "cut_at_every_step",
                "train_char_rnn": "clipped_after_the_step",
                "forecast": "one_step_sees_its_answer",
            },
        ),
        Student("farid", "writes for ever", cells={"sample": LOOPS}, expected={"sample": ZERO}),
        Student(
            "mallory",
            "lets PyTorch do what is asked by hand",
            cells={"rnn": LIBRARY, "bptt": AUTOGRAD},
            expected={"rnn": ZERO, "bptt": ZERO},
        ),
        Student("梅", "a file that is not JSON", document=b'{"cells": [, "nbformat": 4}'),
    ]
