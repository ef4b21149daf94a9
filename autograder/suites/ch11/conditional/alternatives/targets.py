"""The recipe in the widely copied form: binary cross-entropy against targets, labels as rows of an identity matrix."""

import torch
from torch import nn


class ConditionalGenerator(nn.Module):
    def __init__(self, n_latent, n_classes, n_pixels, width=128):
        super().__init__()
        self.n_classes = n_classes
        self.fc1 = nn.Linear(n_latent + n_classes, width)
        self.fc2 = nn.Linear(width, width)
        self.fc3 = nn.Linear(width, n_pixels)

    def forward(self, z, labels):
        x = torch.cat((z, torch.eye(self.n_classes, dtype=z.dtype)[labels]), dim=-1)
        x = self.fc1(x).relu()
        x = self.fc2(x).relu()
        return self.fc3(x).sigmoid()


class ConditionalDiscriminator(nn.Module):
    def __init__(self, n_pixels, n_classes, width=128):
        super().__init__()
        self.n_classes = n_classes
        self.fc1 = nn.Linear(n_pixels + n_classes, width)
        self.fc2 = nn.Linear(width, width)
        self.fc3 = nn.Linear(width, 1)
        self.act = nn.LeakyReLU(0.2)

    def forward(self, x, labels):
        h = torch.cat((x, torch.eye(self.n_classes, dtype=x.dtype)[labels]), dim=-1)
        return self.fc3(self.act(self.fc2(self.act(self.fc1(h))))).view(-1)


def train_conditional(images, labels, n_classes, n_latent=16, n_steps=800, random=None):
    netG = ConditionalGenerator(n_latent, n_classes, images.size(-1))
    netD = ConditionalDiscriminator(images.size(-1), n_classes)
    optimizerG = torch.optim.Adam(netG.parameters(), lr=2e-3, betas=(0.0, 0.99))
    optimizerD = torch.optim.Adam(netD.parameters(), lr=2e-3, betas=(0.0, 0.99))
    criterion, batch = nn.BCEWithLogitsLoss(), 64
    real_label, fake_label = torch.ones(batch), torch.zeros(batch)
    for _ in range(n_steps):
        netD.zero_grad()
        rows = torch.randint(0, len(images), (batch,), generator=random)
        data, y = images[rows].clone().requires_grad_(), labels[rows]
        output = netD(data, y)
        (slope,) = torch.autograd.grad(output.sum(), data, create_graph=True)
        (criterion(output, real_label) + 0.5 * slope.pow(2).sum(1).mean()).backward()
        fake = netG(torch.randn(batch, n_latent, generator=random), y)
        criterion(netD(fake.detach(), y), fake_label).backward()
        optimizerD.step()
        netG.zero_grad()
        y = torch.randint(0, n_classes, (batch,), generator=random)
        fake = netG(torch.randn(batch, n_latent, generator=random), y)
        criterion(netD(fake, y), real_label).backward()
        optimizerG.step()
    return netG
