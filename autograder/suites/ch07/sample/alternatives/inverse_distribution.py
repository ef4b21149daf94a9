"""A uniform number through the cumulated probabilities."""

import torch


def sample(model, prompt, length, temperature, generator):
    out, state, ids = [prompt], None, prompt.view(1, -1)
    for _ in range(length):
        with torch.no_grad():
            logits, state = model(ids, state)
        row = logits[0, -1].double()
        if temperature > 0:
            cumulated = torch.softmax(row / temperature, -1).cumsum(0)
            u = torch.rand((), generator=generator, dtype=torch.float64)
            nxt = torch.searchsorted(cumulated, u * cumulated[-1]).clamp(max=len(row) - 1)
        else:
            nxt = row.argmax()
        ids = nxt.reshape(1, 1)
        out.append(nxt.reshape(1))
    return torch.cat(out)
