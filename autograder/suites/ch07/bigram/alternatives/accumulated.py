"""index_put_ with accumulation, and log-probabilities as a difference of logarithms."""

import torch
import torch.nn.functional as F


def bigram_counts(ids, vocab_size):
    counts = torch.zeros((vocab_size, vocab_size), dtype=torch.float64)
    ones = torch.ones(len(ids) - 1, dtype=torch.float64)
    return counts.index_put_((ids[:-1], ids[1:]), ones, accumulate=True)


def bigram_log_probs(counts, smoothing=0.1):
    return (counts + smoothing).log().log_softmax(dim=-1)


def bigram_perplexity(log_probs, ids):
    return F.nll_loss(log_probs[ids[:-1]], ids[1:]).exp().item()
