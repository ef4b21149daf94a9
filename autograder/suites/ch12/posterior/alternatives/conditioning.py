"""The joint Gaussian of (x_{t-1}, x_t) given x0, conditioned on x_t by the gain of a Kalman filter."""

import torch


def posterior(x0, x_t, t, betas):
    means, variances = [], []
    alpha_bar = torch.cumprod(1 - betas, 0)
    for i, step in enumerate(t.tolist()):
        before = alpha_bar[step - 1].item() if step > 0 else 1.0
        root = (1 - betas[step].item()) ** 0.5
        spread = 1 - before
        gain = root * spread / (root**2 * spread + betas[step].item())
        guess = before**0.5 * x0[i]
        means.append(guess + gain * (x_t[i] - root * guess))
        variances.append((1 - gain * root) * spread)
    ones = [1] * (x0.dim() - 1)
    return torch.stack(means), torch.tensor(variances, dtype=x0.dtype).view(-1, *ones)
