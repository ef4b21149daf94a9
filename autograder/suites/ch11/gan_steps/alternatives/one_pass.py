"""Gradients asked for by name and put in place by hand; real and made samples judged in one pass; a loop of its own."""

import torch
from torch.nn.functional import logsigmoid


def _update(network, optimizer, loss):
    parameters = list(network.parameters())
    for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        p.grad = gradient
    optimizer.step()


def discriminator_step(generator, discriminator, optimizer, real, z):
    with torch.no_grad():
        made = generator(z)
    logits = discriminator(torch.cat([real, made]))
    loss = -logsigmoid(logits[: len(real)]).mean() - logsigmoid(-logits[len(real) :]).mean()
    _update(discriminator, optimizer, loss)
    return loss.detach()


def generator_step(generator, discriminator, optimizer, z):
    loss = -logsigmoid(discriminator(generator(z))).mean()
    _update(generator, optimizer, loss)
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
    adams = {net: torch.optim.Adam(net.parameters(), lr, (0.5, 0.999)) for net in (generator, discriminator)}
    losses = []
    for _ in range(n_rounds):
        row = [0.0, 0.0]
        for _ in range(discriminator_steps):
            with torch.no_grad():
                made = generator(noise(batch_size))
            loss = (
                -logsigmoid(discriminator(sample(batch_size))).mean()
                - logsigmoid(-discriminator(made)).mean()
            )
            _update(discriminator, adams[discriminator], loss)
            row[0] = loss.item()
        for _ in range(generator_steps):
            loss = -logsigmoid(discriminator(generator(noise(batch_size)))).mean()
            _update(generator, adams[generator], loss)
            row[1] = loss.item()
        losses.append(tuple(row))
    return losses
