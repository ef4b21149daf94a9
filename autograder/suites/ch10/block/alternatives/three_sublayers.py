"""One method a part, as PyTorch's own layers are written; the norms' places by two helper lines."""

import torch
from torch import nn


class Block(nn.Module):
    def __init__(
        self,
        width,
        heads,
        hidden,
        norm_first=True,
        cross=False,
        activation=torch.nn.functional.gelu,
        eps=1e-5,
    ):
        super().__init__()
        self.self_attn = Attention(width, heads)
        self.linear1 = nn.Linear(width, hidden)
        self.linear2 = nn.Linear(hidden, width)
        for number in range(3 if cross else 2):
            setattr(self, f"norm{number + 1}", nn.LayerNorm(width, eps=eps))
        self.multihead_attn = Attention(width, heads) if cross else None
        self.pre, self.act = norm_first, activation

    def _sa(self, x, causal, padding):
        return self.self_attn(x, None, causal, padding)

    def _ff(self, x):
        return self.linear2(self.act(self.linear1(x)))

    def forward(self, x, memory=None, causal=False, padding=None, memory_padding=None):
        if self.multihead_attn is not None and memory is None:
            raise ValueError("cross-attention without a memory")
        if self.pre:
            x = x + self._sa(self.norm1(x), causal, padding)
            if self.multihead_attn is not None:
                x = x + self.multihead_attn(self.norm2(x), memory, False, memory_padding)
                return x + self._ff(self.norm3(x))
            return x + self._ff(self.norm2(x))
        x = self.norm1(x + self._sa(x, causal, padding))
        if self.multihead_attn is not None:
            x = self.norm2(x + self.multihead_attn(x, memory, False, memory_padding))
            return self.norm3(x + self._ff(x))
        return self.norm2(x + self._ff(x))
