"""as_strided windows, a generator turned into a list."""

import torch


def build_vocabulary(text):
    return sorted(set(text), key=ord)


def encode(text, vocabulary):
    table = dict(zip(vocabulary, range(len(vocabulary)), strict=False))
    try:
        return torch.tensor([table[c] for c in text], dtype=torch.int64)
    except KeyError as error:
        raise ValueError(f"no such character: {error.args[0]}") from None


def decode(ids, vocabulary):
    return "".join(vocabulary[i] for i in ids.numpy())


def stream_windows(ids, batch_size, window):
    ids = ids.contiguous()
    length = (ids.numel() - 1) // batch_size

    def windows():
        for k in range(length // window):
            yield tuple(
                ids[k * window + s :].as_strided((batch_size, window), (length, 1)).clone() for s in (0, 1)
            )

    return list(windows())
