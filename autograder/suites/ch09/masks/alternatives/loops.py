"""Rows filled in one after the other."""


def padding_mask(lengths, size):
    mask = torch.zeros(len(lengths), size, dtype=torch.bool)
    for n, length in enumerate(lengths.tolist()):
        mask[n, :length] = True
    return mask


def causal_mask(size):
    mask = torch.zeros(size, size, dtype=torch.bool)
    for i in range(size):
        mask[i, : i + 1] = True
    return mask


def window_mask(size, before, after):
    mask = torch.zeros(size, size, dtype=torch.bool)
    for i in range(size):
        mask[i, max(0, i - before) : i + after + 1] = True
    return mask


def attention_mask(lengths, size, causal=False, window=None):
    masks = []
    for row in padding_mask(lengths, size):
        mask = torch.outer(row, row)
        if causal:
            mask &= causal_mask(size)
        if window is not None:
            mask &= window_mask(size, window[0], window[1])
        masks.append(mask)
    return torch.stack(masks)
