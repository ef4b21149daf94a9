"""The other network is frozen for the time of a step, as in public code with set_requires_grad, and then as it was."""

import torch
import torch.nn.functional as F


def _takes_gradients(network, flags):
    for p, flag in zip(network.parameters(), flags, strict=True):
        p.requires_grad = flag


def _frozen(network):
    before = [p.requires_grad for p in network.parameters()]
    _takes_gradients(network, [False] * len(before))
    return before


def discriminator_step(generator, discriminator, optimizer, real, z):
    before = _frozen(generator)
    optimizer.zero_grad()
    on_real, on_fake = discriminator(real), discriminator(generator(z))
    d_real = F.binary_cross_entropy_with_logits(on_real, torch.ones_like(on_real))
    d_fake = F.binary_cross_entropy_with_logits(on_fake, torch.zeros_like(on_fake))
    (d_real + d_fake).backward()
    optimizer.step()
    _takes_gradients(generator, before)
    return (d_real + d_fake).detach()


def generator_step(generator, discriminator, optimizer, z):
    before = _frozen(discriminator)
    optimizer.zero_grad()
    on_fake = discriminator(generator(z))
    loss = F.binary_cross_entropy_with_logits(on_fake, torch.ones_like(on_fake))
    loss.backward()
    optimizer.step()
    _takes_gradients(discriminator, before)
    return loss.detach()


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
    opt_d = torch.optim.Adam(discriminator.parameters(), lr=lr, betas=(0.5, 0.999))
    opt_g = torch.optim.Adam(generator.parameters(), lr=lr, betas=(0.5, 0.999))
    history = []
    for _ in range(n_rounds):
        for _ in range(discriminator_steps):
            last_d = discriminator_step(
                generator, discriminator, opt_d, sample(batch_size), noise(batch_size)
            )
        for _ in range(generator_steps):
            last_g = generator_step(generator, discriminator, opt_g, noise(batch_size))
        history.append((float(last_d), float(last_g)))
    return history
