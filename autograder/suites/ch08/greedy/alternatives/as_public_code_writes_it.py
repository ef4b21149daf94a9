"""Unfinished flags multiplied, as in public generation loops."""

import torch


def greedy(step, state, start, end, limit):
    batch_size = state.size(0)
    unfinished = torch.ones(batch_size, dtype=torch.long)
    token = torch.full((batch_size,), start, dtype=torch.long)
    output = [[] for _ in range(batch_size)]
    for _ in range(limit):
        log_p, state = step(token, state)
        token = torch.topk(log_p, 1, dim=-1)[1].squeeze(-1)
        unfinished = unfinished * (token != end).long()
        if unfinished.sum() == 0:
            break
        for b in unfinished.nonzero().flatten().tolist():
            output[b].append(token[b].item())
    return output
