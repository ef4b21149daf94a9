"""Batched products and the lowest number of the dtype, as in public tutorials."""


def decoder_step(layers, ids, state, memory, mask):
    emb = layers.embedding(ids)
    query = state if layers.kind == "additive" else layers.cell(emb, state)
    if layers.kind == "additive":
        energy = torch.tanh(layers.key(memory) + layers.query(query).unsqueeze(1))
        scores = energy.matmul(layers.u)
    else:
        scores = torch.bmm(layers.key(memory), query.unsqueeze(2)).squeeze(2)
    scores = scores.masked_fill(mask == 0, torch.finfo(scores.dtype).min)
    attn = torch.softmax(scores, dim=1)
    context = torch.bmm(attn.unsqueeze(1), memory).squeeze(1)
    hidden = query
    if layers.kind == "additive":
        hidden = layers.cell(torch.cat([emb, context], 1), state)
    return layers.readout(torch.cat([hidden, context], 1)), hidden, attn


def decode(layers, ids, state, memory, mask):
    steps = ids.size(1)
    all_logits, all_weights = [None] * steps, [None] * steps
    for t in range(steps):
        all_logits[t], state, all_weights[t] = decoder_step(layers, ids[:, t], state, memory, mask)
    return torch.stack(all_logits, dim=1), torch.stack(all_weights, dim=1)


def greedy(layers, state, memory, mask, start, steps):
    tokens, weights = [torch.full((memory.size(0),), start, dtype=torch.long)], []
    with torch.no_grad():
        while len(weights) < steps:
            logits, state, attn = decoder_step(layers, tokens[-1], state, memory, mask)
            tokens.append(logits.log_softmax(-1).argmax(-1))
            weights.append(attn)
    return torch.stack(tokens[1:], 1), torch.stack(weights, 1)
