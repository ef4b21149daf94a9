"""Sorted for packing and put back; a masked loss summed and divided by the number of tokens."""

import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence


def encode(model, source, lengths):
    sorted_lengths, order = torch.sort(lengths, descending=True)
    embedded = model.source_vectors(source[order])
    _, hidden = model.encoder(pack_padded_sequence(embedded, sorted_lengths.tolist(), batch_first=True))
    return hidden[0][torch.argsort(order)]


def teacher_forced(model, state, targets, start=1):
    decoder_input = targets.new_full(targets.shape, start)
    decoder_input[:, 1:] = targets[:, :-1]
    output, _ = model(decoder_input, state)
    return output


def sequence_loss(logits, targets, lengths):
    mask = torch.arange(targets.size(1)).expand_as(targets) < lengths.unsqueeze(1)
    safe = logits.masked_fill(~mask.unsqueeze(2), 0.0)
    losses = F.cross_entropy(safe.transpose(1, 2), targets, reduction="none")
    return (losses * mask).sum() / mask.sum()
