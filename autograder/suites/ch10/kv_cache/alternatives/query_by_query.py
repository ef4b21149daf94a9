"""Each new token by itself, over the keys that it may see; queries scaled instead of scores."""

import torch


def cached_attention(x, w_qkv, w_out, heads, rotate, cache=None):
    n, t, w = x.shape
    d = w // heads
    parts = []
    for i in range(3):
        rows = w_qkv[i * w : (i + 1) * w]
        parts.append((x @ rows.T).reshape(n, t, heads, d).permute(0, 2, 1, 3))
    old = cache[0].shape[2] if cache is not None else 0
    q = rotate(parts[0], old + torch.arange(t)) * d**-0.5
    k = rotate(parts[1], old + torch.arange(t))
    v = parts[2]
    if cache is not None:
        k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
    rows = []
    for i in range(t):
        visible = old + i + 1
        scores = (q[:, :, i : i + 1] * k[:, :, :visible]).sum(-1)
        p = torch.softmax(scores, -1)
        rows.append((p[..., None] * v[:, :, :visible]).sum(2).reshape(n, w))
    return torch.stack(rows, 1) @ w_out.T, (k, v)


def greedy(model, prompt, length):
    out = torch.empty(prompt.shape[0], prompt.shape[1] + length, dtype=prompt.dtype)
    out[:, : prompt.shape[1]] = prompt
    caches, start = None, 0
    with torch.no_grad():
        for end in range(prompt.shape[1], out.shape[1]):
            logits, caches = model(out[:, start:end].clone(), caches)
            out[:, end] = torch.argmax(logits[:, -1], dim=-1)
            start = end
    return out
