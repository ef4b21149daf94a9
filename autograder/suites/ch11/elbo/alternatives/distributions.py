"""torch.distributions for every density; rsample; separate heads are not used, but a sliced last layer."""

import torch
from torch import nn
from torch.distributions import Normal, kl_divergence


def normal_log_likelihood(x, mean, sd):
    return Normal(mean, sd, validate_args=False).log_prob(x).sum(dim=-1)


class VAE(nn.Module):
    def __init__(self, D, d, width):
        super().__init__()
        self.d = d
        self.to_hidden, self.to_code = nn.Linear(D, width), nn.Linear(width, 2 * d)
        self.from_code, self.to_pixels = nn.Linear(d, width), nn.Linear(width, D)

    def encode(self, x):
        code = self.to_code(torch.relu(self.to_hidden(x)))
        return code[..., : self.d], code[..., self.d :]

    def decode(self, z):
        return self.to_pixels(torch.relu(self.from_code(z)))


def elbo(x, encode, decode, sd, generator=None, beta=1.0):
    mu, logvar = encode(x)
    q = Normal(mu, logvar.mul(0.5).exp(), validate_args=False)
    z = q.loc + q.scale * torch.empty_like(mu).normal_(generator=generator)
    log_likelihood = normal_log_likelihood(x, decode(z), sd)
    divergence = kl_divergence(q, Normal(torch.zeros_like(mu), torch.ones_like(mu))).sum(-1)
    return log_likelihood - beta * divergence, log_likelihood, divergence


def train_vae(model, x, sd, steps, batch_size, lr, generator=None, beta=1.0):
    adam = torch.optim.Adam(model.parameters(), lr=lr)
    history = []
    for _ in range(steps):
        rows = torch.multinomial(torch.ones(len(x)), batch_size, replacement=True, generator=generator)
        bound, _, _ = elbo(x[rows], model.encode, model.decode, sd, generator, beta)
        loss = -bound.mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        history.append(-loss.item())
    return history
