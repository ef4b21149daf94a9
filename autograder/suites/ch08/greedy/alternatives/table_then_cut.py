"""All tokens in a table, cut at the first END afterwards."""

import torch


def greedy(step, state, start, end, limit):
    tokens = torch.full((state.shape[0],), start, dtype=torch.int64)
    table, ended = [], torch.zeros(state.shape[0], dtype=torch.bool)
    while len(table) < limit and not bool(ended.all()):
        scores, state = step(tokens, state)
        tokens = scores.argmax(-1)
        table.append(tokens)
        ended = ended | (tokens == end)
    rows = torch.stack(table, dim=1).tolist()
    return [row[: row.index(end)] if end in row else row for row in rows]
