"""The widely copied form: grad_outputs of ones, create_graph and retain_graph, a view and a norm."""

import torch


def between(real, fake, random=None):
    alpha = torch.rand(real.size(0), *([1] * (real.dim() - 1)), generator=random, dtype=real.dtype)
    return (alpha * real.detach() + ((1 - alpha) * fake.detach())).detach()


def gradient_penalty(critic, x, one_sided=False):
    with torch.enable_grad():
        interpolates = x.detach().clone().requires_grad_(True)
        d_interpolates = critic(interpolates)
        if not d_interpolates.requires_grad:
            d_interpolates = d_interpolates + 0 * interpolates.sum()
        gradients = torch.autograd.grad(
            outputs=d_interpolates,
            inputs=interpolates,
            grad_outputs=torch.ones_like(d_interpolates),
            create_graph=True,
            retain_graph=True,
            only_inputs=True,
            allow_unused=True,
            materialize_grads=True,
        )[0]
        gradients = gradients.reshape(gradients.size(0), -1)
        distance = gradients.norm(2, dim=1) - 1
        if one_sided:
            distance = torch.clamp(distance, min=0)
        return (distance**2).mean()


def clip_weights(network, c):
    for p in network.parameters():
        p.data.clamp_(-c, c)
