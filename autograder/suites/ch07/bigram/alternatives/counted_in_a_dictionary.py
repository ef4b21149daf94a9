"""Plain Python: a Counter of pairs, logarithms with math."""

import collections
import math

import torch


def bigram_counts(ids, vocab_size):
    text = ids.tolist()
    counts = torch.zeros(vocab_size, vocab_size, dtype=torch.float64)
    for (before, after), count in collections.Counter(zip(text[:-1], text[1:], strict=False)).items():
        counts[before, after] = count
    return counts


def bigram_log_probs(counts, smoothing=0.1):
    rows = []
    for row in counts:
        total = float(row.sum()) + smoothing * len(row)
        rows.append([math.log((float(count) + smoothing) / total) for count in row])
    return torch.tensor(rows, dtype=torch.float64)


def bigram_perplexity(log_probs, ids):
    text = ids.tolist()
    pairs = list(zip(text[:-1], text[1:], strict=False))
    return math.exp(-sum(float(log_probs[i, j]) for i, j in pairs) / len(pairs))
