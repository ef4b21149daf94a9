"""The mean of the loss at the target and the loss at all classes, weighted by the smoothing."""

import torch


def cross_entropy(logits, target, label_smoothing=0.0):
    log_probs = logits - logits.logsumexp(1, keepdim=True)
    nll = -log_probs[torch.arange(len(target)), target]
    smooth = -log_probs.mean(1)
    return ((1 - label_smoothing) * nll + label_smoothing * smooth).mean()
