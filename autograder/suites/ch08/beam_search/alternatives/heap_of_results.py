"""A heap for each length and one for the results."""

import heapq

import torch


def beam_search(step, state, start, end, width, limit, alpha=1.0):
    results, words, totals, last = [], [()], [0.0], [start]
    for size in range(1, limit + 1):
        log_probs, state = step(torch.tensor(last), state)
        table = log_probs.double().tolist()
        pool = ((total + p, n, v) for n, total in enumerate(totals) for v, p in enumerate(table[n]))
        chosen = heapq.nlargest(width, pool)
        following = []
        for total, n, v in chosen:
            if v == end or size == limit:
                results.append((total / size**alpha, words[n] if v == end else (*words[n], v)))
            else:
                following.append((total, n, v))
        if not following:
            break
        words = [(*words[n], v) for _, n, v in following]
        totals, last = [f[0] for f in following], [f[2] for f in following]
        state = state[[f[1] for f in following]]
    return [(list(w), s) for s, w in heapq.nlargest(width, results, key=lambda r: r[0])]
