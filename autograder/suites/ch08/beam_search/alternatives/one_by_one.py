"""Beginnings as objects; the step is asked for each alone."""

import torch


class _Beginning:
    def __init__(self, words, total, token, state):
        self.words, self.total, self.token, self.state = words, total, token, state


def beam_search(step, state, start, end, width, limit, alpha=1.0):
    live = [_Beginning([], 0.0, start, state)]
    finished = []
    length = 0
    while live and length < limit:
        length += 1
        children = []
        for beginning in live:
            log_probs, after = step(torch.tensor([beginning.token]), beginning.state)
            for token, value in enumerate(log_probs[0].tolist()):
                children.append((beginning.total + value, token, beginning, after))
        children.sort(key=lambda child: child[0], reverse=True)
        live = []
        for total, token, parent, after in children[:width]:
            if token == end:
                finished.append((parent.words, total / length**alpha))
            else:
                live.append(_Beginning([*parent.words, token], total, token, after))
    finished += [(b.words, b.total / length**alpha) for b in live]
    finished.sort(key=lambda pair: pair[1], reverse=True)
    return finished[:width]
