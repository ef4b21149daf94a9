"""As in the widely copied tutorial: two backward calls add up in the discriminator; its gradients are kept aside."""

import torch
import torch.nn as nn

criterion = nn.BCEWithLogitsLoss()


def discriminator_step(generator, discriminator, optimizer, real, z):
    optimizer.zero_grad(set_to_none=False)
    output = discriminator(real)
    err_real = criterion(output, torch.full_like(output, 1.0))
    err_real.backward()
    fake = generator(z)
    output = discriminator(fake.detach())
    err_fake = criterion(output, torch.full_like(output, 0.0))
    err_fake.backward()
    optimizer.step()
    return err_real.detach() + err_fake.detach()


def generator_step(generator, discriminator, optimizer, z):
    kept = [None if p.grad is None else p.grad.clone() for p in discriminator.parameters()]
    optimizer.zero_grad()
    output = discriminator(generator(z))
    err = criterion(output, torch.full_like(output, 1.0))
    err.backward()
    optimizer.step()
    for p, grad in zip(discriminator.parameters(), kept, strict=True):
        p.grad = grad
    return err.detach()


def train_gan(
    generator,
    discriminator,
    sample,
    noise,
    n_rounds,
    batch_size=128,
    lr=2e-3,
    discriminator_steps=1,
    generator_steps=1,
):
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=lr, betas=(0.5, 0.999))
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=lr, betas=(0.5, 0.999))
    result = []
    while len(result) < n_rounds:
        for _ in range(discriminator_steps):
            z = noise(batch_size)
            loss_d = discriminator_step(generator, discriminator, optimizer_d, sample(batch_size), z)
        for _ in range(generator_steps):
            loss_g = generator_step(generator, discriminator, optimizer_g, noise(batch_size))
        result.append((loss_d.item(), loss_g.item()))
    return result
