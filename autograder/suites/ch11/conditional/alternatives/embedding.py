"""Learned vectors for the labels beside the other inputs; the penalty written out in the training."""

import torch
import torch.nn.functional as F
from torch import nn


class ConditionalGenerator(nn.Module):
    def __init__(self, n_latent, n_classes, n_pixels, width=128):
        super().__init__()
        self.label = nn.Embedding(n_classes, 10)
        self.body = nn.Sequential(
            nn.Linear(n_latent + 10, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()
        )
        self.out = nn.Linear(width, n_pixels)

    def forward(self, z, labels):
        return self.out(self.body(torch.hstack([z, self.label(labels)]))).sigmoid()


class ConditionalDiscriminator(nn.Module):
    def __init__(self, n_pixels, n_classes, width=128):
        super().__init__()
        self.label = nn.Embedding(n_classes, 10)
        self.body = nn.Sequential(
            nn.Linear(n_pixels + 10, width), nn.LeakyReLU(0.2), nn.Linear(width, width), nn.LeakyReLU(0.2)
        )
        self.score = nn.Linear(width, 1)

    def forward(self, x, labels):
        return self.score(self.body(torch.hstack([x, self.label(labels)]))).squeeze(1)


def train_conditional(images, labels, n_classes, n_latent=16, n_steps=800, random=None):
    g = ConditionalGenerator(n_latent, n_classes, images.size(1))
    d = ConditionalDiscriminator(images.size(1), n_classes)
    opt_g = torch.optim.Adam(g.parameters(), lr=2e-3, betas=(0.0, 0.99))
    opt_d = torch.optim.Adam(d.parameters(), lr=2e-3, betas=(0.0, 0.99))
    for _ in range(n_steps):
        rows = torch.randint(len(images), (64,), generator=random)
        x, y = images[rows].clone().requires_grad_(), labels[rows]
        with torch.no_grad():
            made = g(torch.randn(64, n_latent, generator=random), y)
        real_logits, made_logits = d(x, y), d(made, y)
        (slope,) = torch.autograd.grad(real_logits.sum(), x, create_graph=True)
        d_loss = (
            F.softplus(-real_logits).mean()
            + F.softplus(made_logits).mean()
            + 0.5 * slope.square().sum(1).mean()
        )
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
        opt_g.zero_grad()
        y = torch.randint(n_classes, (64,), generator=random)
        F.softplus(-d(g(torch.randn(64, n_latent, generator=random), y), y)).mean().backward()
        opt_g.step()
    return g
