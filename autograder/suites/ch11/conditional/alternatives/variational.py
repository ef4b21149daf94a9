"""No game at all: a conditional variational autoencoder whose decoder is the generator; the judge is only built."""

import torch
import torch.nn.functional as F
from torch import nn


def _told(x, labels, n_classes):
    return torch.cat([x, torch.eye(n_classes, dtype=x.dtype)[labels]], dim=1)


class ConditionalGenerator(nn.Module):
    def __init__(self, n_latent, n_classes, n_pixels, width=128):
        super().__init__()
        self.n_classes = n_classes
        self.first = nn.Linear(n_latent + n_classes, width)
        self.last = nn.Linear(width, n_pixels)

    def forward(self, z, labels):
        return torch.sigmoid(self.last(torch.relu(self.first(_told(z, labels, self.n_classes)))))


class ConditionalDiscriminator(nn.Module):
    def __init__(self, n_pixels, n_classes, width=128):
        super().__init__()
        self.n_classes = n_classes
        self.first = nn.Linear(n_pixels + n_classes, width)
        self.last = nn.Linear(width, 1)

    def forward(self, x, labels):
        return self.last(torch.tanh(self.first(_told(x, labels, self.n_classes)))).flatten()


def train_conditional(images, labels, n_classes, n_latent=16, n_steps=800, random=None):
    generator = ConditionalGenerator(n_latent, n_classes, images.shape[1])
    encoder = nn.Sequential(
        nn.Linear(images.shape[1] + n_classes, 128), nn.ReLU(), nn.Linear(128, 2 * n_latent)
    )
    adam = torch.optim.Adam([*generator.parameters(), *encoder.parameters()], lr=2e-3)
    for _ in range(2 * n_steps):
        rows = torch.randint(len(images), (128,), generator=random)
        x, y = images[rows], labels[rows]
        mu, logvar = encoder(_told(x, y, n_classes)).chunk(2, dim=1)
        z = mu + torch.exp(logvar / 2) * torch.randn(mu.shape, generator=random)
        misfit = ((x - generator(z, y)) ** 2).sum(1) / (2 * 0.15**2)
        divergence = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
        adam.zero_grad()
        (misfit + divergence).mean().backward()
        adam.step()
    return generator
