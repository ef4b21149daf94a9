"""Plain Python: a sorted list of triples."""

import torch


def expand(scores, log_probs, width):
    triples = []
    for parent in range(log_probs.shape[0]):
        for token in range(log_probs.shape[1]):
            triples.append(((scores[parent] + log_probs[parent, token]).item(), parent, token))
    triples.sort(key=lambda t: -t[0])
    triples = triples[:width]
    parents, tokens = ([t[k] for t in triples] for k in (1, 2))
    return (
        torch.tensor(parents),
        torch.tensor(tokens),
        torch.tensor([t[0] for t in triples], dtype=scores.dtype),
    )
