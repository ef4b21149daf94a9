"""The memory is emptied first and exponentials are masked; writing is a recursion."""


def decoder_step(layers, ids, state, memory, mask):
    memory = memory * mask.unsqueeze(2)
    x = layers.embedding(ids)
    additive = layers.kind == "additive"
    h = state if additive else layers.cell(x, state)
    k = layers.key(memory)
    hidden = torch.tanh(k + layers.query(h).unsqueeze(1)) * layers.u if additive else k * h.unsqueeze(1)
    score = hidden.sum(2)
    top = score.masked_fill(~mask, -1e30).max(dim=1, keepdim=True).values.detach()
    part = torch.exp((score - top).clamp(max=0)) * mask
    weights = part / part.sum(1, keepdim=True)
    context = (weights.unsqueeze(2) * memory).sum(1)
    if additive:
        h = layers.cell(torch.hstack([x, context]), h)
    return layers.readout(torch.hstack([h, context])), h, weights


def decode(layers, ids, state, memory, mask):
    logits, weights = [], []
    for t in range(ids.shape[1]):
        a, state, b = decoder_step(layers, ids[:, t], state, memory, mask)
        logits += [a]
        weights += [b]
    return torch.stack(logits, 1), torch.stack(weights, 1)


def greedy(layers, state, memory, mask, start, steps):
    def rest(token, state, left):
        if left == 0:
            return []
        logits, state, weights = decoder_step(layers, token, state, memory, mask)
        token = torch.argmax(logits, dim=-1)
        return [(token, weights), *rest(token, state, left - 1)]

    with torch.no_grad():
        found = rest(torch.full_like(mask[:, 0], start, dtype=torch.int64), state, steps)
    return torch.stack([a for a, _ in found], 1), torch.stack([b for _, b in found], 1)
