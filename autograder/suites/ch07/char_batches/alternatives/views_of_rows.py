"""Streams as rows of a view, windows as slices."""

import torch


def build_vocabulary(text):
    return sorted(set(text))


def encode(text, vocabulary):
    stoi = {ch: i for i, ch in enumerate(vocabulary)}
    ids = []
    for ch in text:
        if ch not in stoi:
            raise ValueError("unknown character: " + ch)
        ids.append(stoi[ch])
    return torch.LongTensor(ids)


def decode(ids, vocabulary):
    return "".join([vocabulary[int(i)] for i in ids])


def stream_windows(ids, batch_size, window):
    length = (len(ids) - 1) // batch_size
    x = ids[: batch_size * length].reshape(batch_size, length)
    y = ids[1 : batch_size * length + 1].reshape(batch_size, length)
    return [(x[:, k : k + window], y[:, k : k + window]) for k in range(0, length - window + 1, window)]
