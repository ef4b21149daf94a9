"""As public code does it: a beam of fixed size; only the first counts at the first step; ended ones are shut."""

import torch


def beam_search(step, state, start, end, width, limit, alpha=1.0):
    scores = torch.full((width,), float("-inf"))
    scores[0] = 0.0
    sequences = torch.empty(width, 0, dtype=torch.long)
    tokens = torch.full((width,), start)
    state = state.expand(width, -1).clone()
    done = []
    for t in range(limit):
        log_probs, state = step(tokens, state)
        vocab_size = log_probs.size(1)
        candidates = (scores.unsqueeze(1) + log_probs).view(-1)
        scores, index = candidates.topk(min(width, candidates.numel()))
        parent, tokens = index // vocab_size, index % vocab_size
        sequences = torch.cat([sequences[parent], tokens.unsqueeze(1)], dim=1)
        state = state.index_select(0, parent)
        for k in range(width):
            if scores[k] == float("-inf"):
                continue
            if tokens[k] == end or t == limit - 1:
                words = sequences[k].tolist()
                if words[-1] == end:
                    words = words[:-1]
                done.append((words, scores[k].item() / (t + 1) ** alpha))
                scores[k] = float("-inf")
        if bool((scores == float("-inf")).all()):
            break
    done.sort(key=lambda pair: -pair[1])
    return done[:width]
