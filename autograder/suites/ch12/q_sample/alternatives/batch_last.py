"""The batch is moved to the last dimension, where broadcasting lines it up with t by itself."""

import torch


def q_sample(x0, t, alpha_bar, noise):
    signal, level = alpha_bar.sqrt().to(x0.dtype)[t], (1.0 - alpha_bar).sqrt().to(x0.dtype)[t]
    mixed = torch.movedim(x0, 0, -1) * signal + torch.movedim(noise, 0, -1) * level
    return torch.movedim(mixed, -1, 0)
