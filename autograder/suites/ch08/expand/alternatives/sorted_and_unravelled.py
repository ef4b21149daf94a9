"""A stable sort, the index taken apart by unravel_index."""

import torch


def expand(scores, log_probs, width):
    table = log_probs + scores.unsqueeze(1)
    values, order = torch.sort(table.reshape(-1), descending=True, stable=True)
    parents, tokens = torch.unravel_index(order[:width], table.shape)
    return parents, tokens, values[:width]
