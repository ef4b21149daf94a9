"""The best pair at its leftmost place, again and again."""

import math

import numpy


def bpe_encode(text, merges):
    ranks = {}
    for i in reversed(range(len(merges))):
        ranks[tuple(merges[i])] = i
    out = []
    for word in split_words(text):
        parts = list(word.encode("utf-8"))
        while True:
            best = None
            for place in range(len(parts) - 1):
                rank = ranks.get((parts[place], parts[place + 1]))
                if rank is not None and (best is None or rank < best[0]):
                    best = (rank, place)
            if best is None:
                break
            rank, place = best
            parts = parts[:place] + [256 + rank] + parts[place + 2 :]
        out.extend(parts)
    return out


def bpe_decode(tokens, merges):
    stack, data = list(reversed(tokens)), bytearray()
    while stack:
        token = stack.pop()
        if token < 0 or token >= 256 + len(merges):
            raise ValueError(token)
        if token < 256:
            data.append(token)
        else:
            left, right = merges[token - 256]
            stack += [right, left]
    return str(bytes(data), "utf-8", "replace")


def bits_per_byte(log_probs, text):
    return float(-numpy.sum(log_probs.detach().double().numpy()) / math.log(2) / len(text.encode("utf-8")))
