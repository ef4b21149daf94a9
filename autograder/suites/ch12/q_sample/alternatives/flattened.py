"""Data as rows of a matrix; the weights are gathered and cast first."""

import torch


def q_sample(x0, t, alpha_bar, noise):
    kept = alpha_bar.gather(0, t).to(x0.dtype).unsqueeze(1)
    rows = kept.sqrt() * x0.reshape(len(x0), -1) + torch.sqrt(1 - kept) * noise.reshape(len(x0), -1)
    return rows.view(x0.shape)
