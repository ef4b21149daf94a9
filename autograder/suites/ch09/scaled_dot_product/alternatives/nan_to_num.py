"""masked_fill stops the NaN of a closed row on its way back, so that it may be mended afterwards."""


def masked_softmax(scores, mask=None):
    # masked_fill sends no gradient back to the places it fills, so that a NaN of a closed row stops there
    if mask is not None:
        scores = scores.masked_fill(mask.logical_not(), float("-inf"))
    return torch.nan_to_num(F.softmax(scores, dim=-1), nan=0.0)


def attention(q, k, v, mask=None, scale=None):
    d = q.shape[-1]
    scores = torch.matmul(q, k.transpose(-2, -1))
    scores = scores / d**0.5 if scale is None else scores * scale
    weights = masked_softmax(scores, mask)
    return torch.matmul(weights, v), weights
