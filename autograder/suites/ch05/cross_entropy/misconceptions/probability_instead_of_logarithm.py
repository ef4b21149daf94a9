"""Cross-entropy weighs logarithms: what does your loss measure of the true class's probability?"""

import torch


def cross_entropy(logits, target, label_smoothing=0.0):
    log_probs = logits - logits.logsumexp(1, keepdim=True)
    nll = 1 - log_probs[torch.arange(len(target)), target].exp()
    smooth = 1 - log_probs.exp().mean(1)
    return ((1 - label_smoothing) * nll + label_smoothing * smooth).mean()
