"""Plain lists, one number at a time; the position by list.index."""

import torch


def build_vocabulary(text):
    found = []
    for character in sorted(text):
        if not found or found[-1] != character:
            found.append(character)
    return found


def encode(text, vocabulary):
    for character in text:
        if character not in vocabulary:
            raise ValueError(f"{character} is not in the vocabulary")
    return torch.tensor(list(map(vocabulary.index, text)), dtype=torch.long)


def decode(ids, vocabulary):
    text = ""
    for i in ids.tolist():
        text += vocabulary[i]
    return text


def stream_windows(ids, batch_size, window):
    numbers = ids.tolist()
    length = (len(numbers) - 1) // batch_size
    streams = [numbers[n * length : n * length + length + 1] for n in range(batch_size)]
    batches = []
    for k in range(length // window):
        pieces = [s[k * window : (k + 1) * window + 1] for s in streams]
        batches.append((torch.tensor([p[:-1] for p in pieces]), torch.tensor([p[1:] for p in pieces])))
    return batches
