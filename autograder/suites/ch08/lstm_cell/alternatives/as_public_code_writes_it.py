"""Linear functions and a split, as in public implementations."""

import torch
import torch.nn.functional as F


def lstm_cell(x, h, c, w_x, w_h, b):
    gates = F.linear(x, w_x, b) + F.linear(h, w_h)
    in_gate, forget_gate, cell_gate, out_gate = gates.split(h.size(1), dim=1)
    cy = (c * forget_gate.sigmoid()) + (in_gate.sigmoid() * cell_gate.tanh())
    hy = out_gate.sigmoid() * cy.tanh()
    return hy, cy


def lstm_start(features, hidden, forget_bias, generator):
    bound = 1.0 / hidden**0.5
    w = (torch.rand(4 * hidden, features + hidden, generator=generator) * 2 - 1) * bound
    b = torch.zeros(4, hidden)
    b[1] += forget_bias
    return w[:, :features].clone(), w[:, features:].clone(), b.flatten()
