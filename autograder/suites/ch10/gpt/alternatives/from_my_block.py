"""The start set part by part through the modules; loading by get_parameter."""

import re

import torch
import torch.nn.functional as F
from torch import nn


class GPT(nn.Module):
    def __init__(self, vocab_size, context, width, heads, layers, block=ready_block):
        super().__init__()
        self.token, self.position = nn.Embedding(vocab_size, width), nn.Embedding(context, width)
        self.token.weight.data.normal_(0, 0.02)
        self.position.weight.data.normal_(0, 0.02)
        made = []
        for _ in range(layers):
            one = block(width, heads, hidden=4 * width, activation=gelu_tanh)
            one.self_attn.in_proj_weight.data.normal_(0, 0.02)
            one.linear1.weight.data.normal_(0, 0.02)
            for writes in (one.self_attn.out_proj, one.linear2):
                writes.weight.data.normal_(0, 0.02 * (2 * layers) ** -0.5)
            for bias in (
                one.self_attn.in_proj_bias,
                one.self_attn.out_proj.bias,
                one.linear1.bias,
                one.linear2.bias,
            ):
                bias.data.fill_(0)
            made.append(one)
        self.blocks = nn.ModuleList(made)
        self.norm = nn.LayerNorm(width, eps=1e-5)

    def forward(self, ids):
        if ids.shape[1] > len(self.position.weight):
            raise ValueError("longer than the context")
        places = torch.arange(ids.shape[1]).expand_as(ids)
        x = self.token(ids) + self.position(places)
        for layer in self.blocks:
            x = layer(x, None, True)
        return F.linear(self.norm(x), self.token.weight)


TABLE = [
    (r"^wte", "token"),
    (r"^wpe", "position"),
    (r"^ln_f", "norm"),
    (r"^h\.(\d+)\.ln_1", r"blocks.\1.norm1"),
    (r"^h\.(\d+)\.ln_2", r"blocks.\1.norm2"),
    (r"^h\.(\d+)\.attn\.c_attn\.", r"blocks.\1.self_attn.in_proj_"),
    (r"^h\.(\d+)\.attn\.c_proj", r"blocks.\1.self_attn.out_proj"),
    (r"^h\.(\d+)\.mlp\.c_fc", r"blocks.\1.linear1"),
    (r"^h\.(\d+)\.mlp\.c_proj", r"blocks.\1.linear2"),
]


def load_gpt2(model, state):
    missing = {name for name, _ in model.named_parameters()}
    for name, value in state.items():
        short = re.sub(r"^transformer\.", "", name)
        here = short
        for pattern, place in TABLE:
            here = re.sub(pattern, place, here)
        if here not in missing:
            continue
        missing.discard(here)
        if re.search(r"(c_attn|c_proj|c_fc)\.weight$", short):
            value = value.transpose(0, 1)
        model.get_parameter(here).data.copy_(value)
    if missing:
        raise KeyError(sorted(missing)[0])
