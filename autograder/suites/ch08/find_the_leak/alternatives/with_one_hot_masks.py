"""Changed texts by an outer mask; shifting by products with shift matrices."""

import torch


def reads(model, ids, vocab_size):
    steps = len(ids)
    own = torch.eye(steps, dtype=torch.bool)
    found = torch.zeros(steps, steps, dtype=torch.bool)
    reference = model(ids[None])
    for v in range(vocab_size):
        scores = model(torch.where(own, torch.full_like(ids, v)[None], ids[None]))
        found |= ((scores - reference).abs().max(dim=2).values > 1e-6).T
    return found


def two_sided(forwards, backwards):
    steps = forwards.shape[1]
    down = (
        torch.diag(torch.ones(steps - 1, dtype=forwards.dtype), -1)
        if steps > 1
        else torch.zeros(1, 1, dtype=forwards.dtype)
    )
    return torch.cat([down @ forwards, down.T @ backwards], dim=2)
