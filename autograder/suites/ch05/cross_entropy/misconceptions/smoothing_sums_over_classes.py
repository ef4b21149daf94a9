"""A target distribution sums to 1: how much does each of K classes get of the smoothed share?"""

import torch


def cross_entropy(logits, target, label_smoothing=0.0):
    log_probs = logits - logits.logsumexp(1, keepdim=True)
    nll = -log_probs[torch.arange(len(target)), target]
    smooth = -log_probs.sum(1)
    return ((1 - label_smoothing) * nll + label_smoothing * smooth).mean()
