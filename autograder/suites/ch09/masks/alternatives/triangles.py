"""Triangles of ones, as most public code makes them."""


def padding_mask(lengths, size):
    return torch.arange(size).unsqueeze(0).expand(lengths.shape[0], size).lt(lengths.unsqueeze(1))


def causal_mask(size):
    return torch.triu(torch.ones(size, size), diagonal=1) == 0


def window_mask(size, before, after):
    ones = torch.ones(size, size, dtype=torch.bool)
    return torch.triu(ones, diagonal=-before) & torch.tril(ones, diagonal=after)


def attention_mask(lengths, size, causal=False, window=None):
    keep = padding_mask(lengths, size)
    mask = torch.logical_and(keep.unsqueeze(2), keep.unsqueeze(1))
    before, after = window if window is not None else (size, size)
    if causal:
        after = min(after, 0)
    return mask & window_mask(size, before, after)
