"""As in public beam searches: the best of each row first, then the best of these."""

import torch


def expand(scores, log_probs, width):
    num_beams, vocab_size = log_probs.shape
    k = min(width, vocab_size)
    row_scores, row_tokens = torch.topk(log_probs, k, dim=1)
    candidates = (scores.view(-1, 1) + row_scores).view(-1)
    values, flat = torch.topk(candidates, min(width, num_beams * k))
    parents = torch.div(flat, k, rounding_mode="floor")
    return parents, row_tokens.view(-1)[flat], values
