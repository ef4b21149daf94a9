"""Counts as a product of one-hot matrices."""

import torch
import torch.nn.functional as F


def bigram_counts(ids, vocab_size):
    hot = F.one_hot(ids, vocab_size).double()
    return hot[:-1].T @ hot[1:]


def bigram_log_probs(counts, smoothing=0.1):
    p = counts.clone()
    p += smoothing
    p /= p.sum(1, keepdim=True)
    return torch.log(p)


def bigram_perplexity(log_probs, ids):
    picked = log_probs[ids[:-1]].gather(1, ids[1:, None]).squeeze(1)
    return float(torch.exp(-picked.sum() / picked.numel()))
