"""Restrictions multiplied as numbers and compared at the end."""


def padding_mask(lengths, size):
    steps = torch.ones(len(lengths), size, dtype=torch.int64).cumsum(1)
    return ~(steps > lengths.view(-1, 1))


def causal_mask(size):
    i, j = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    return j.le(i)


def window_mask(size, before, after):
    i, j = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    return ~((j < i - before) | (j > i + after))


def attention_mask(lengths, size, causal=False, window=None):
    there = padding_mask(lengths, size).float()
    allowed = there[:, :, None] * there[:, None, :]
    if causal:
        allowed = allowed * causal_mask(size).float()
    if window is not None:
        allowed = allowed * window_mask(size, *window).float()
    return allowed > 0.5
