"""The decoder is asked a token at a time; gathered log-probabilities."""

import torch


def encode(model, source, lengths):
    outputs = model.encoder(model.source_vectors(source))[0]
    index = (lengths - 1).view(-1, 1, 1).expand(-1, 1, outputs.shape[2])
    return outputs.gather(1, index)[:, 0]


def teacher_forced(model, state, targets, start=1):
    token = torch.full((targets.shape[0], 1), start, dtype=targets.dtype)
    collected = []
    for m in range(targets.shape[1]):
        logits, state = model(token, state)
        collected.append(logits)
        token = targets[:, m : m + 1]
    return torch.cat(collected, dim=1)


def sequence_loss(logits, targets, lengths):
    keep = (torch.arange(targets.shape[1]) < lengths[:, None]).flatten().nonzero()[:, 0]
    log_probs = logits.flatten(0, 1)[keep].log_softmax(1)
    return -log_probs.gather(1, targets.flatten()[keep, None]).sum() / len(keep)
