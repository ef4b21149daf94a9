"""Each row by itself."""

import torch


def greedy(step, state, start, end, limit):
    sentences = [[] for _ in state]
    alive = list(range(len(state)))
    tokens = torch.tensor([start] * len(state))
    for _ in range(limit):
        log_probs, state = step(tokens, state)
        chosen = torch.max(log_probs, dim=1).indices
        going = []
        for place, n in enumerate(alive):
            word = int(chosen[place])
            if word != end:
                sentences[n].append(word)
                going.append(place)
        if not going:
            return sentences
        alive = [alive[place] for place in going]
        tokens, state = chosen[going], state[going]
    return sentences
