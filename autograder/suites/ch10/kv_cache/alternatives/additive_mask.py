"""The mask is added, as public code does it; the whole in einsum."""

import torch


def cached_attention(x, w_qkv, w_out, heads, rotate, cache=None):
    n, t, w = x.shape
    d = w // heads
    q, k, v = torch.einsum("ntw,cw->ntc", x, w_qkv).view(n, t, 3, heads, d).permute(2, 0, 3, 1, 4)
    past = cache[0].size(-2) if cache else 0
    positions = torch.arange(past, past + t)
    q, k = rotate(q, positions), rotate(k, positions)
    if cache:
        k = torch.cat((cache[0], k), dim=-2)
        v = torch.cat((cache[1], v), dim=-2)
    mask = torch.full((t, past + t), float("-inf"), dtype=x.dtype).triu(past + 1)
    weights = torch.softmax(torch.einsum("nhtd,nhsd->nhts", q, k) / d**0.5 + mask, dim=-1)
    y = torch.einsum("nhts,nhsd->nthd", weights, v).reshape(n, t, w)
    return y @ w_out.mT, (k, v)


@torch.no_grad()
def greedy(model, prompt, length):
    tokens = [prompt]
    caches = None
    for _ in range(length):
        logits, caches = model(tokens[-1], caches)
        tokens.append(logits[:, -1, :].max(dim=-1, keepdim=True).indices)
    return torch.cat(tokens, dim=1)
