"""Each row in a loop, the nucleus grown token by token; drawn through the cumulated probabilities."""

import torch


def _row(logits, temperature, top_k, top_p):
    values = logits.double()
    order = sorted(range(len(values)), key=lambda i: (-float(values[i]), i))
    probs = torch.zeros_like(values)
    if temperature == 0:
        probs[order[0]] = 1.0
        return probs
    weights = torch.exp((values - values[order[0]]) / temperature)
    if top_k is not None:
        order = order[:top_k]
    total = sum(float(weights[i]) for i in order)
    if top_p is not None and top_p < 1.0:
        kept, mass = [], 0.0
        for i in order:
            kept.append(i)
            mass += float(weights[i]) / total
            if mass >= top_p:
                break
        order = kept
    probs[order] = weights[order]
    return probs / probs.sum()


def next_probs(logits, temperature=1.0, top_k=None, top_p=None):
    return torch.stack([_row(row, temperature, top_k, top_p) for row in logits]).to(logits.dtype)


def generate(model, prompt, length, context, generator, temperature=1.0, top_k=None, top_p=None):
    text = prompt.tolist()
    for _ in range(length):
        with torch.inference_mode():
            logits = model(torch.tensor([text[-context:]]))[0, -1].clone()
        probs = next_probs(logits[None], temperature, top_k, top_p)[0].double()
        u = torch.rand((), generator=generator, dtype=torch.float64)
        reached = torch.nonzero(probs.cumsum(0) > u * probs.sum())
        text.append(int(reached[0]) if len(reached) else int(probs.argmax()))
    return torch.tensor(text)
