"""An output layer whose weight is the table, weights set by `apply`, as nanoGPT does."""

import math

import torch
from torch import nn


class GPT(nn.Module):
    def __init__(self, vocab_size, context, width, heads, layers, block=ready_block):
        super().__init__()
        self.context = context
        self.token = nn.Embedding(vocab_size, width)
        self.position = nn.Embedding(context, width)
        self.blocks = nn.ModuleList()
        for _ in range(layers):
            self.blocks.append(block(width, heads, 4 * width, True, False, gelu_tanh))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocab_size, bias=False)
        self.head.weight = self.token.weight
        self.apply(self._start)
        for name, value in self.named_parameters():
            if name.endswith("in_proj_weight"):
                torch.nn.init.normal_(value, mean=0.0, std=0.02)
            if name.endswith("in_proj_bias"):
                torch.nn.init.zeros_(value)
            if name.endswith(("out_proj.weight", "linear2.weight")):
                torch.nn.init.normal_(value, mean=0.0, std=0.02 / math.sqrt(2 * layers))

    def _start(self, module):
        if isinstance(module, nn.Linear):
            torch.nn.init.normal_(module.weight, mean=0.0, std=0.02)
            if module.bias is not None:
                torch.nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            torch.nn.init.normal_(module.weight, mean=0.0, std=0.02)

    def forward(self, ids):
        _, t = ids.size()
        if t > self.context:
            raise ValueError("the sequence is too long")
        pos = torch.arange(0, t, dtype=torch.long, device=ids.device)
        x = self.token(ids) + self.position(pos)
        for block in self.blocks:
            x = block(x, causal=True)
        return self.head(self.norm(x))


def load_gpt2(model, state):
    keys = [key for key in state if not key.endswith((".attn.bias", ".attn.masked_bias"))]
    given = {
        key.replace("transformer.", "", 1) if key.startswith("transformer.") else key: state[key]
        for key in keys
    }
    places = (
        ("token.weight", "wte.weight", False),
        ("position.weight", "wpe.weight", False),
        ("norm.weight", "ln_f.weight", False),
        ("norm.bias", "ln_f.bias", False),
    )
    inside = (
        ("norm1.weight", "ln_1.weight", False),
        ("norm1.bias", "ln_1.bias", False),
        ("self_attn.in_proj_weight", "attn.c_attn.weight", True),
        ("self_attn.in_proj_bias", "attn.c_attn.bias", False),
        ("self_attn.out_proj.weight", "attn.c_proj.weight", True),
        ("self_attn.out_proj.bias", "attn.c_proj.bias", False),
        ("norm2.weight", "ln_2.weight", False),
        ("norm2.bias", "ln_2.bias", False),
        ("linear1.weight", "mlp.c_fc.weight", True),
        ("linear1.bias", "mlp.c_fc.bias", False),
        ("linear2.weight", "mlp.c_proj.weight", True),
        ("linear2.bias", "mlp.c_proj.bias", False),
    )
    for i in range(len(model.blocks)):
        places += tuple((f"blocks.{i}.{a}", f"h.{i}.{b}", turned) for a, b, turned in inside)
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for here, there, turned in places:
            parameters[here].copy_(given[there].t() if turned else given[there])
