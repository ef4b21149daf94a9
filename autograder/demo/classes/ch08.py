"""The class that hands in the gated networks."""

from __future__ import annotations

from autograder.demo.students import ZERO, Student, mistaken

LOOPS = """def greedy(step, state, start, end, limit):
    tokens, sentences = torch.full((len(state),), start), [[] for _ in state]
    while not all(token == end for token in tokens.tolist()):   # tokens never changes
        log_probs, _ = step(tokens, state)
    return sentences
"""

LIBRARY = """def lstm_cell(x, h, c, w_x, w_h, b):
    return torch.lstm_cell(x, (h, c), w_x, w_h, b, torch.zeros_like(b))


def lstm_start(features, hidden, forget_bias, generator):
    cell = nn.LSTMCell(features, hidden)
    return cell.weight_ih, cell.weight_hh, cell.bias_ih
"""

AUTOGRAD = """def carousel(forget):
    return torch.cat([torch.ones_like(forget[:1]), forget[1:].flip(0)]).cumprod(dim=0)


def half_life_bias(steps):
    forget = 0.5 ** (1 / steps)
    return math.log(forget / (1 - forget))


def lstm_cell_backward(grad_h, grad_c, c_before, c, i, f, g, o):
    leaf = c_before.clone().requires_grad_()
    new = f * leaf + i * g
    found = torch.autograd.grad([o * torch.tanh(new), new], leaf, [grad_h, grad_c])
    return torch.cat([grad_h, grad_h, grad_h, grad_h], dim=1), found[0]
"""


def the_class() -> list[Student]:
    """Everyone who hands in ch08."""
    return [
        Student("ada", "the reference solution"),
        Student("ben", "the skeleton, untouched", base="skeleton"),
        mistaken(
            "chloé durand",
            "ch08",
            {
                "lstm_cell": "forget_bias_in_the_first_block",
                "gru_cell": "reset_gate_unused",
                "recurrent_layer": "outputs_not_zeroed",
                "stacked": "hidden_view_mixes_batch",
                "encoder_decoder": "padding_counted",
                "walk_forward": "label_horizon_not_purged",
            },
        ),
        Student("farid", "writes for ever", cells={"greedy": LOOPS}, expected={"greedy": ZERO}),
        Student(
            "mallory",
            "lets PyTorch do what is asked by hand",
            cells={"lstm_cell": LIBRARY, "cell_gradient": AUTOGRAD},
            expected={"lstm_cell": ZERO, "cell_gradient": ZERO},
        ),
        Student("梅", "a file that is not JSON", document=b'{"cells": [, "nbformat": 4}'),
    ]
