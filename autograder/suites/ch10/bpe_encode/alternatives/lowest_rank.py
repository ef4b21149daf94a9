"""One merge at a time, the lowest rank first, with `min` over the pairs: as in small tokenizers of public code."""

import math


def _merge(ids, pair, new):
    out, i = [], 0
    while i < len(ids):
        if i < len(ids) - 1 and (ids[i], ids[i + 1]) == pair:
            out.append(new)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out


def bpe_encode(text, merges):
    table = {}
    for i, pair in enumerate(merges):
        if tuple(pair) not in table:
            table[tuple(pair)] = 256 + i
    result = []
    for chunk in split_words(text):
        ids = list(chunk.encode())
        while len(ids) >= 2:
            pair = min(zip(ids, ids[1:], strict=False), key=lambda p: table.get(p, float("inf")))
            if pair not in table:
                break
            ids = _merge(ids, pair, table[pair])
        result += ids
    return result


def bpe_decode(tokens, merges):
    vocab = {i: bytes([i]) for i in range(256)}
    for i, (a, b) in enumerate(merges):
        vocab[256 + i] = vocab[a] + vocab[b]
    try:
        joined = b"".join(vocab[token] for token in tokens)
    except KeyError as error:
        raise ValueError(f"unknown token {error}") from None
    return joined.decode("utf-8", errors="replace")


def bits_per_byte(log_probs, text):
    return float(-log_probs.double().sum()) * math.log2(math.e) / len(text.encode())
