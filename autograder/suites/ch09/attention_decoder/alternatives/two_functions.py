"""The look at the memory is a function of its own."""


def _look(layers, asking, memory, mask):
    projected = layers.key(memory)
    if layers.kind == "additive":
        energy = torch.einsum("nls,s->nl", (layers.query(asking).unsqueeze(1) + projected).tanh(), layers.u)
    else:
        energy = torch.einsum("nls,ns->nl", projected, asking)
    energy = torch.where(mask, energy, torch.full_like(energy, float("-inf")))
    alpha = F.softmax(energy, dim=-1)
    return torch.einsum("nl,nle->ne", alpha, memory), alpha


def decoder_step(layers, ids, state, memory, mask):
    x = layers.embedding(ids)
    if layers.kind == "additive":
        context, alpha = _look(layers, state, memory, mask)
        new = layers.cell(torch.cat((x, context), -1), state)
    else:
        new = layers.cell(x, state)
        context, alpha = _look(layers, new, memory, mask)
    return layers.readout(torch.cat((new, context), -1)), new, alpha


def decode(layers, ids, state, memory, mask):
    found = []
    for column in ids.unbind(1):
        logits, state, alpha = decoder_step(layers, column, state, memory, mask)
        found.append((logits, alpha))
    return tuple(torch.stack(part, 1) for part in zip(*found, strict=True))


@torch.no_grad()
def greedy(layers, state, memory, mask, start, steps):
    n, length = mask.shape
    written = torch.zeros(n, steps, dtype=torch.long)
    maps = memory.new_zeros(n, steps, length)
    token = written.new_full((n,), start)
    for t in range(steps):
        logits, state, maps[:, t] = decoder_step(layers, token, state, memory, mask)
        token = logits.max(-1).indices
        written[:, t] = token
    return written, maps
