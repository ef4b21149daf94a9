"""An inverse written out, torch.cov, spoiling in place on a copy."""

import torch
from torch.nn.functional import mse_loss


def spoil(x, sigma=0.0, lost=0.0, generator=None):
    y = x.clone()
    if lost > 0:
        y[torch.rand(x.shape, generator=generator) < lost] = 0
    if sigma > 0:
        y += sigma * torch.empty_like(y).normal_(generator=generator)
    return y


def best_affine(x, sigma):
    d = x.shape[1]
    C = torch.cov(x.T, correction=0).view(d, d)
    A = C @ torch.linalg.inv(C + sigma * sigma * torch.eye(d).to(C))
    m = x.mean(0)
    return A, m - m @ A.T


def train_denoiser(network, x, sigma, steps, batch_size, lr, generator=None, lost=0.0):
    adam = torch.optim.Adam(network.parameters(), lr=lr)

    def errors():
        for _ in range(steps):
            clean = torch.stack(
                [x[i] for i in torch.randint(0, len(x), (batch_size,), generator=generator).tolist()]
            )
            adam.zero_grad()
            loss = x.shape[1] * mse_loss(network(spoil(clean, sigma, lost, generator)), clean)
            loss.backward()
            adam.step()
            yield float(loss)

    return list(errors())
