"""PyTorch's attention with a mask of truths."""

import torch
import torch.nn.functional as F


def cached_attention(x, w_qkv, w_out, heads, rotate, cache=None):
    length = x.shape[1]
    queries, keys, values = (
        F.linear(x, part).unflatten(2, (heads, x.shape[2] // heads)).transpose(1, 2)
        for part in w_qkv.chunk(3)
    )
    start = 0
    if cache is not None:
        start = cache[0].shape[2]
    places = torch.arange(start, start + length)
    queries, keys = rotate(queries, places), rotate(keys, places)
    if cache is not None:
        keys, values = (torch.cat(pair, dim=2) for pair in zip(cache, (keys, values), strict=True))
    seen = torch.ones(length, start + length, dtype=torch.bool).tril(diagonal=start)
    y = F.scaled_dot_product_attention(queries, keys, values, attn_mask=seen)
    return F.linear(y.transpose(1, 2).flatten(2), w_out), (keys, values)


def greedy(model, prompt, length):
    text, caches = prompt.clone(), None
    with torch.inference_mode():
        for step in range(length):
            logits, caches = model(text[:, -1:] if step else text, caches)
            text = torch.cat((text, logits[:, -1].argmax(1)[:, None]), 1)
    return text.clone()
