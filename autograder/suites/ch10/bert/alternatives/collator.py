"""Bernoulli draws, and one half of what is not masked: as the collator of a well-known library does it."""

import torch
import torch.nn.functional as F
from torch import nn


def mask_tokens(ids, special, mask_id, vocab_size, generator, rate=0.15):
    labels, inputs = ids.clone(), ids.clone()
    chance = torch.full(labels.shape, rate)
    for token in special:
        chance.masked_fill_(labels == token, 0.0)
    masked = torch.bernoulli(chance, generator=generator).bool()
    labels[~masked] = -100
    replaced = torch.bernoulli(torch.full(labels.shape, 0.8), generator=generator).bool() & masked
    inputs[replaced] = mask_id
    random = torch.bernoulli(torch.full(labels.shape, 0.5), generator=generator).bool() & masked & ~replaced
    words = torch.randint(vocab_size, labels.shape, generator=generator)
    inputs[random] = words[random]
    return inputs, labels


def mlm_loss(logits, labels):
    chosen = labels != -100
    if not chosen.any():
        return 0.0 * logits.sum()
    return F.cross_entropy(logits[chosen], labels[chosen])


class BERT(nn.Module):
    def __init__(self, vocab_size, context, width, heads, layers, types=2, block=ready_block):
        super().__init__()
        self.token = nn.Embedding(vocab_size, width)
        self.position = nn.Embedding(context, width)
        self.segment = nn.Embedding(types, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.blocks = nn.ModuleList([block(width, heads, 4 * width, False, eps=1e-12) for _ in range(layers)])
        self.pooler = nn.Linear(width, width)

    def forward(self, ids, types=None, padding=None):
        n, t = ids.shape
        positions = torch.arange(t, device=ids.device)[None].expand(n, t)
        if types is None:
            types = torch.zeros_like(positions)
        hidden = self.norm(self.token(ids) + self.position(positions) + self.segment(types))
        for layer in self.blocks:
            hidden = layer(hidden, padding=padding)
        return hidden, self.pooler(hidden[:, 0]).tanh()
