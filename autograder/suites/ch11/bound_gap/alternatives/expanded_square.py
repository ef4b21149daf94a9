"""The square expanded in double precision on the grid; draws flattened for the decoder."""

import math

import torch


def normal_log_density(z, mu, logvar):
    variance = logvar.exp()
    terms = (z - mu).square() / variance + torch.log(2 * math.pi * variance)
    return terms.sum(dim=-1) * -0.5


def iwae_bound(x, encode, decode, sd, K, generator=None):
    mu, logvar = encode(x)
    N, d = mu.shape
    eps = torch.randn(N, K, d, generator=generator, dtype=mu.dtype)
    z = mu[:, None] + (0.5 * logvar)[:, None].exp() * eps
    images = decode(z.reshape(N * K, d)).reshape(N, K, -1)
    log_p_x = -((x[:, None] - images) ** 2).sum(-1) / (2 * sd**2) - x.shape[1] * math.log(
        sd * math.sqrt(2 * math.pi)
    )
    # q at its own draw knows only the noise and the spread.
    log_ratio = -0.5 * (z**2).sum(-1) + 0.5 * (eps**2).sum(-1) + 0.5 * logvar.sum(-1, keepdim=True)
    return torch.log(torch.softmax(torch.zeros(1, K, dtype=x.dtype), 1)).add(log_p_x + log_ratio).logsumexp(1)


def grid_log_likelihood(x, decode, sd, limit=5.0, points=101):
    axis = torch.linspace(-limit, limit, points, dtype=x.dtype)
    a, b = torch.meshgrid(axis, axis, indexing="xy")
    z = torch.stack([a.flatten(), b.flatten()], dim=1)
    with torch.no_grad():
        g, y = decode(z).double(), x.double()
        squares = (y**2).sum(1)[:, None] - 2 * y @ g.T + (g**2).sum(1)
        z = z.double()
        log_joint = -squares / (2 * sd**2) - 0.5 * (z**2).sum(1)
        constant = x.shape[1] * (math.log(sd) + 0.5 * math.log(2 * math.pi)) + math.log(2 * math.pi)
        answer = log_joint.logsumexp(1) - constant + 2 * math.log(2 * limit / (points - 1))
    return answer.to(x.dtype)
