"""Noise and times are drawn sample by sample, noise first; the mean is taken in the end."""

import torch


def eps_loss(model, x0, alpha_bar, generator):
    noised, noises, times = [], [], []
    for x in x0:
        noise = torch.randn(x.shape, generator=generator, dtype=x.dtype)
        step = int(torch.randint(len(alpha_bar), (), generator=generator))
        left = float(alpha_bar[step])
        noised.append(left**0.5 * x + (1 - left) ** 0.5 * noise)
        noises.append(noise)
        times.append(step)
    difference = model(torch.stack(noised), torch.tensor(times)) - torch.stack(noises)
    return difference.pow(2).sum() / difference.numel()
