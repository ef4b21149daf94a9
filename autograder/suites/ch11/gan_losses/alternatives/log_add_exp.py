"""logaddexp with 0 for the entropies; a match statement; means as sums over counts."""

import torch


def _mean(values):
    return values.sum() / values.numel()


def _log_one_plus_exp(f):
    return torch.logaddexp(torch.zeros_like(f), f)


def discriminator_loss(real_logits, fake_logits, kind="non_saturating", smoothing=0.0):
    match kind:
        case "minimax" | "non_saturating":
            # softplus(f) = f + softplus(-f)
            real = _log_one_plus_exp(-real_logits) + smoothing * real_logits
            return _mean(real) + _mean(_log_one_plus_exp(fake_logits))
        case "least_squares":
            return (_mean((real_logits - 1 + smoothing) ** 2) + _mean(fake_logits**2)) / 2
        case "hinge" if not smoothing:
            real = torch.where(real_logits < 1, 1 - real_logits, torch.zeros_like(real_logits))
            fake = torch.where(fake_logits > -1, 1 + fake_logits, torch.zeros_like(fake_logits))
            return _mean(real) + _mean(fake)
    raise ValueError(kind)


def generator_loss(fake_logits, kind="non_saturating"):
    match kind:
        case "minimax":
            return -_mean(_log_one_plus_exp(fake_logits))
        case "non_saturating":
            return _mean(_log_one_plus_exp(-fake_logits))
        case "least_squares":
            return _mean((1 - fake_logits) ** 2) / 2
        case "hinge":
            return _mean(-fake_logits)
    raise ValueError(kind)
