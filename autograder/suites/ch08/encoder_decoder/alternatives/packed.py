"""Packed sources, the loss by ignore_index."""

import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence


def encode(model, source, lengths):
    packed = pack_padded_sequence(
        model.source_vectors(source), lengths.cpu(), batch_first=True, enforce_sorted=False
    )
    _, last = model.encoder(packed)
    return last.squeeze(0)


def teacher_forced(model, state, targets, start=1):
    inputs = targets.roll(1, dims=1)
    inputs = torch.where(torch.arange(targets.shape[1]) == 0, torch.full_like(targets, start), inputs)
    return model(inputs, state)[0]


def sequence_loss(logits, targets, lengths):
    steps = torch.arange(targets.size(1))[None, :]
    labels = targets.masked_fill(steps >= lengths[:, None], -100)
    return F.cross_entropy(logits.reshape(-1, logits.size(-1)), labels.reshape(-1), ignore_index=-100)
