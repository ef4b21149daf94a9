"""Two loops, one call for each changed character; zeros joined on."""

import torch


def reads(model, ids, vocab_size):
    steps = ids.shape[0]
    table = torch.zeros(steps, steps, dtype=torch.bool)
    before = model(ids.unsqueeze(0)).clone()
    for s in range(steps):
        for other in range(vocab_size):
            if other == int(ids[s]):
                continue
            text = ids.clone()
            text[s] = other
            difference = (model(text.unsqueeze(0)) - before)[0].abs().amax(1)
            table[:, s] |= difference > 1e-6
    return table


def two_sided(forwards, backwards):
    first, last = torch.zeros_like(forwards[:, :1]), torch.zeros_like(backwards[:, :1])
    return torch.cat([torch.cat([first, forwards[:, :-1]], 1), torch.cat([backwards[:, 1:], last], 1)], -1)
