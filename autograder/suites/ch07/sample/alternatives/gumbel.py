"""The Gumbel trick: the largest of scores plus Gumbel noise."""

import torch


@torch.inference_mode()
def sample(model, prompt, length, temperature, generator):
    result = torch.empty(len(prompt) + length, dtype=torch.int64)
    result[: len(prompt)] = prompt
    state, new = None, prompt
    for i in range(len(prompt), len(result)):
        logits, state = model(new[None, :].clone(), state)
        scores = logits[0, -1].clone()
        if temperature:
            u = torch.rand(scores.shape, generator=generator, dtype=torch.float64).clamp(1e-300, 1 - 1e-16)
            scores = scores / temperature - (-u.log()).log()
        result[i] = scores.argmax()
        new = result[i : i + 1]
    return result.clone()
