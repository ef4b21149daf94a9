"""Both orders of the norms written out."""

import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, width, heads, hidden, norm_first=True, cross=False, activation=F.gelu, eps=1e-5):
        super().__init__()
        self.norm_first = norm_first
        self.cross = cross
        self.activation = activation
        self.self_attn = Attention(width, heads)
        self.linear1 = nn.Linear(width, hidden)
        self.linear2 = nn.Linear(hidden, width)
        self.norm1 = nn.LayerNorm(width, eps)
        self.norm2 = nn.LayerNorm(width, eps)
        if cross:
            self.multihead_attn = Attention(width, heads)
            self.norm3 = nn.LayerNorm(width, eps)

    def feed(self, x):
        return self.linear2(self.activation(self.linear1(x)))

    def forward(self, x, memory=None, causal=False, padding=None, memory_padding=None):
        if self.cross and memory is None:
            raise ValueError("no memory")
        last = self.norm3 if self.cross else self.norm2
        if self.norm_first:
            x = x + self.self_attn(self.norm1(x), causal=causal, padding=padding)
            if self.cross:
                x = x + self.multihead_attn(self.norm2(x), memory, padding=memory_padding)
            x = x + self.feed(last(x))
        else:
            x = self.norm1(x + self.self_attn(x, causal=causal, padding=padding))
            if self.cross:
                x = self.norm2(x + self.multihead_attn(x, memory, padding=memory_padding))
            x = last(x + self.feed(x))
        return x
