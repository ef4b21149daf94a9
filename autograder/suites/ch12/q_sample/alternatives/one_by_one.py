"""A loop over the batch."""

import torch


def q_sample(x0, t, alpha_bar, noise):
    samples = []
    for clean, step, disturbance in zip(x0, t.tolist(), noise, strict=True):
        left = float(alpha_bar[step])
        samples.append(left**0.5 * clean + (1 - left) ** 0.5 * disturbance)
    return torch.stack(samples)
