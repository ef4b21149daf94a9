"""The lowest number of the dtype instead of minus infinity; closed rows are emptied afterwards."""


def masked_softmax(scores, mask=None):
    if mask is None:
        return torch.softmax(scores, -1)
    mask = mask.expand(scores.shape)
    scores = torch.where(mask, scores, torch.finfo(scores.dtype).min)
    return torch.softmax(scores, -1) * mask.any(-1, keepdim=True)


def attention(q, k, v, mask=None, scale=None):
    scale = scale if scale is not None else q.size(-1) ** -0.5
    scores = torch.einsum("...md,...ld->...ml", q * scale, k)
    weights = masked_softmax(scores, mask)
    return torch.einsum("...ml,...le->...me", weights, v), weights
