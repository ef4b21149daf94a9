"""The mean written in the predicted noise, which clip turns into another one; all noise drawn at first."""

import torch


def ancestral_sample(model, shape, betas, generator, clip=None):
    T = len(betas)
    alphas = 1 - betas
    alpha_bar = alphas.cumprod(0)
    noise = [torch.randn(*shape, generator=generator) for _ in range(T)]
    x = noise[-1]
    with torch.no_grad():
        for t in range(T - 1, -1, -1):
            eps = model(x, torch.tensor([t] * shape[0]))
            level, left = (1 - alpha_bar[t]).sqrt().item(), alpha_bar[t].sqrt().item()
            if clip is not None:
                x0 = torch.clamp((x - level * eps) / left, -clip, clip)
                eps = (x - left * x0) / level
            x = (x - betas[t].item() / level * eps) / alphas[t].sqrt().item()
            if t > 0:
                variance = betas[t] * (1 - alpha_bar[t - 1]) / (1 - alpha_bar[t])
                x = x + variance.sqrt().item() * noise[t - 1]
    return x
