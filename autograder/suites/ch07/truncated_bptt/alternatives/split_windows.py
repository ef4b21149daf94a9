"""torch.split and a mean weighted by each window's length."""

import torch
import torch.nn.functional as F


def truncated_bptt(model, ids, targets, state, window):
    loss_value = 0.0
    for x, y in zip(ids.split(window, dim=1), targets.split(window, dim=1), strict=False):
        if state is not None:
            state = state.detach()
        logits, state = model(x, state)
        loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), y.reshape(-1)) * (
            x.shape[1] / ids.shape[1]
        )
        loss.backward()
        loss_value += float(loss.detach())
    return loss_value, state.detach()
