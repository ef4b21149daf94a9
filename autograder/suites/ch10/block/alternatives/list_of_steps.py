"""A list of (norm, function) pairs, walked through in order."""

import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, width, heads, hidden, norm_first=True, cross=False, activation=F.gelu, eps=1e-5):
        nn.Module.__init__(self)
        self.norm1, self.norm2 = (nn.LayerNorm(width, eps) for _ in range(2))
        self.linear1, self.linear2 = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.self_attn = Attention(width, heads)
        if cross:
            self.norm3 = nn.LayerNorm(width, eps)
            self.multihead_attn = Attention(width, heads)
        self.cross, self.first, self.activation = cross, norm_first, activation

    def forward(self, x, memory=None, causal=False, padding=None, memory_padding=None):
        if self.cross and memory is None:
            raise ValueError("a memory is needed")

        def attend(y):
            return self.self_attn(y, y, causal, padding)

        def look(y):
            return self.multihead_attn(y, memory, False, memory_padding)

        def think(y):
            return self.linear2(self.activation(self.linear1(y)))

        steps = [attend, look, think] if self.cross else [attend, think]
        for i, step in enumerate(steps):
            norm = self.get_submodule(f"norm{i + 1}")
            x = x.add(step(norm(x))) if self.first else norm(x.add(step(x)))
        return x
