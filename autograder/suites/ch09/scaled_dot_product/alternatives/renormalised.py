"""The mask comes after the exponentials, and the row is divided by what is left."""


def masked_softmax(scores, mask=None):
    # masking afterwards and dividing by what is left, with the largest open score taken off first
    if mask is None:
        mask = torch.ones_like(scores, dtype=torch.bool)
    lowest = torch.finfo(scores.dtype).min
    top = scores.detach().masked_fill(~mask, lowest).amax(dim=-1, keepdim=True)
    shifted = torch.where(mask, scores - top, torch.zeros_like(scores))
    terms = shifted.exp() * mask
    total = terms.sum(dim=-1, keepdim=True)
    return terms / torch.where(total == 0, torch.ones_like(total), total)


def attention(q, k, v, mask=None, scale=None):
    factor = 1 / math.sqrt(q.size(-1)) if scale is None else scale
    weights = masked_softmax((q * factor) @ k.mT, mask)
    return weights @ v, weights
