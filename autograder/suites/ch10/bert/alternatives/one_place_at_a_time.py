"""Places in a list, each with a draw of its own; the loss by log-probabilities."""

import torch
from torch import nn


def mask_tokens(ids, special, mask_id, vocab_size, generator, rate=0.15):
    flat = ids.reshape(-1).clone()
    labels = torch.full_like(flat, -100)
    forbidden = torch.zeros(len(flat), dtype=torch.bool)
    for token in special:
        forbidden |= flat == token
    places = torch.nonzero((torch.rand(len(flat), generator=generator) < rate) & ~forbidden).flatten()
    labels[places] = flat[places]
    draws = torch.rand(len(places), generator=generator)
    flat[places[draws < 0.8]] = mask_id
    random = places[draws >= 0.9]
    flat[random] = torch.randint(0, vocab_size, (len(random),), generator=generator)
    return flat.reshape(ids.shape), labels.reshape(ids.shape)


def mlm_loss(logits, labels):
    log_probs = logits.log_softmax(-1)
    chosen = (labels != -100).to(logits.dtype)
    picked = log_probs.gather(-1, labels.clamp(min=0)[..., None])[..., 0]
    return -(picked * chosen).sum() / chosen.sum().clamp(min=1)


class BERT(nn.Module):
    def __init__(self, vocab_size, context, width, heads, layers, types=2, block=ready_block):
        super().__init__()
        for name, rows in (("token", vocab_size), ("position", context), ("segment", types)):
            setattr(self, name, nn.Embedding(rows, width))
        self.blocks = nn.ModuleList()
        for _ in range(layers):
            self.blocks.append(block(width, heads, hidden=4 * width, norm_first=False, eps=1e-12))
        self.norm, self.pooler = nn.LayerNorm(width, 1e-12), nn.Linear(width, width)

    def forward(self, ids, types=None, padding=None):
        x = self.token(ids)
        x = x + self.position(torch.arange(ids.size(1)))
        x = x + (self.segment.weight[0] if types is None else self.segment(types))
        x = self.norm(x)
        for block in self.blocks:
            x = block(x, None, False, padding)
        return x, torch.tanh(self.pooler(x[:, 0, :]))
