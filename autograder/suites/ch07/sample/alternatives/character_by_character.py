"""The prompt is read one character at a time."""

import torch


@torch.no_grad()
def sample(model, prompt, length, temperature, generator):
    state, text = None, list(prompt.tolist())
    if length == 0:
        return prompt.clone()
    for character in text:
        logits, state = model(torch.tensor([[character]]), state)
    for i in range(length):
        z = logits[0, -1]
        if temperature == 0:
            chosen = int(torch.argmax(z))
        else:
            p = torch.exp((z - z.max()) / temperature)
            chosen = int(torch.multinomial(p / p.sum(), 1, generator=generator))
        text.append(chosen)
        if i < length - 1:
            logits, state = model(torch.tensor([[chosen]]), state)
    return torch.tensor(text)
