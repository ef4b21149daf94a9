"""Is the model shown the noised data or the clean ones?"""

import torch


def eps_loss(model, x0, alpha_bar, generator):
    t = torch.randint(0, len(alpha_bar), (len(x0),), generator=generator)
    noise = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
    return ((model(x0, t) - noise) ** 2).mean()
