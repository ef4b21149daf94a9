"""Drawn by torch.randn, layers in a Python loop over names; the state made whole, then loaded."""

import torch
from torch import nn


class GPT(nn.Module):
    def __init__(self, vocab_size, context, width, heads, layers, block=ready_block):
        super().__init__()
        self.token = nn.Embedding(vocab_size, width)
        self.position = nn.Embedding(context, width)
        self.blocks = nn.ModuleList(
            [block(width, heads, 4 * width, norm_first=True, activation=gelu_tanh) for _ in range(layers)]
        )
        self.norm = nn.LayerNorm(width)
        small = 0.02 / (2 * layers) ** 0.5
        with torch.no_grad():
            for name, value in self.named_parameters():
                part = name.split(".")[-2]
                if value.ndim == 2:
                    value.copy_(
                        torch.randn_like(value) * (small if part in ("out_proj", "linear2") else 0.02)
                    )
                elif "bias" in name:
                    value.zero_()
                else:
                    value.fill_(1.0)

    def forward(self, ids):
        n, t = ids.shape
        if t > self.position.weight.shape[0]:
            raise ValueError(f"{t} tokens")
        h = self.token.weight[ids] + self.position.weight[None, :t]
        for block in self.blocks:
            h = block(h, memory=None, causal=True)
        return torch.einsum("ntw,vw->ntv", self.norm(h), self.token.weight)


def load_gpt2(model, state):
    if any(name.startswith("transformer.") for name in state):
        state = {name[12:]: value for name, value in state.items() if name.startswith("transformer.")}

    def take(there, here, turned=False):
        return {
            f"{here}weight": state[f"{there}.weight"].mT if turned else state[f"{there}.weight"],
            f"{here}bias": state[f"{there}.bias"],
        }

    own = {
        "token.weight": state["wte.weight"],
        "position.weight": state["wpe.weight"],
        **take("ln_f", "norm."),
    }
    for i in range(len(model.blocks)):
        h, b = f"h.{i}.", f"blocks.{i}."
        own |= take(h + "ln_1", b + "norm1.") | take(h + "ln_2", b + "norm2.")
        own |= take(h + "attn.c_attn", b + "self_attn.in_proj_", True)
        own |= take(h + "attn.c_proj", b + "self_attn.out_proj.", True)
        own |= take(h + "mlp.c_fc", b + "linear1.", True) | take(h + "mlp.c_proj", b + "linear2.", True)
    model.load_state_dict({name: value.clone() for name, value in own.items()}, strict=True)
