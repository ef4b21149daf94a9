"""The three cases by one draw of a category; the loss as PyTorch's mean, guarded."""

import torch
import torch.nn.functional as F
from torch import nn


def mask_tokens(ids, special, mask_id, vocab_size, generator, rate=0.15):
    chosen = torch.rand(ids.shape, generator=generator) < rate
    chosen &= (ids[..., None] != torch.tensor(list(special))).all(-1)
    weights = torch.tensor([0.8, 0.1, 0.1])
    case = torch.multinomial(weights, ids.numel(), replacement=True, generator=generator).view(ids.shape)
    options = torch.stack(
        [torch.full_like(ids, mask_id), torch.randint(0, vocab_size, ids.shape, generator=generator), ids]
    )
    inputs = torch.where(chosen, options.gather(0, case[None])[0], ids)
    return inputs, ids.masked_fill(~chosen, -100)


def mlm_loss(logits, labels):
    if (labels == -100).all():
        return (logits * 0).sum()
    return F.cross_entropy(logits.transpose(1, 2), labels)


class BERT(nn.Module):
    def __init__(self, vocab_size, context, width, heads, layers, types=2, block=ready_block):
        super().__init__()
        self.token, self.position, self.segment = (
            nn.Embedding(n, width) for n in (vocab_size, context, types)
        )
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.blocks = nn.ModuleList(
            block(width, heads, 4 * width, norm_first=False, activation=F.gelu, eps=1e-12)
            for _ in range(layers)
        )
        self.pooler = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.pooler.weight)

    def forward(self, ids, types=None, padding=None):
        tables = self.token(ids) + self.position.weight.narrow(0, 0, ids.shape[1])
        tables = tables + self.segment(ids.new_zeros(ids.shape) if types is None else types)
        states = self.norm(tables)
        for block in self.blocks:
            states = block(states, padding=padding)
        first = states.select(1, 0)
        return states, self.pooler(first).tanh()
