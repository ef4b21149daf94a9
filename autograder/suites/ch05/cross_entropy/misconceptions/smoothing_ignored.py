"""With label smoothing the target is no longer one class: where does it enter your loss?"""

import torch


def cross_entropy(logits, target, label_smoothing=0.0):
    log_probs = logits - logits.logsumexp(1, keepdim=True)
    nll = -log_probs[torch.arange(len(target)), target]
    return nll.mean()
