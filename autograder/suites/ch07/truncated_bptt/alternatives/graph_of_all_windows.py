"""One backward at the end: the windows' graphs do not touch, since the state between them was cut."""

import torch
import torch.nn.functional as F


def truncated_bptt(model, ids, targets, state, window):
    pieces, start = [], 0
    h = state.clone().detach() if state is not None else None
    while start < ids.shape[1]:
        logits, h = model(ids[:, start : start + window], h)
        h = h.data
        pieces.append(-logits.log_softmax(-1).gather(2, targets[:, start : start + window, None]).sum())
        start += window
    loss = sum(pieces) / targets.numel()
    loss.backward()
    return loss.item(), h
