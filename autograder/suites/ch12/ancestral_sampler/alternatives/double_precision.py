"""Everything but the model in float64; Bayes' rule with precisions; noise multiplied by 0 in the end."""

import torch


@torch.no_grad()
def ancestral_sample(model, shape, betas, generator, clip=None):
    alpha_bar = torch.cat([torch.ones(1, dtype=torch.float64), torch.cumprod(1 - betas, 0)])
    x = torch.randn(shape, generator=generator, dtype=torch.float64)
    for step in range(len(betas), 0, -1):
        now, before, beta = alpha_bar[step], alpha_bar[step - 1], betas[step - 1]
        t = torch.zeros(shape[0], dtype=torch.long) + (step - 1)
        x0 = (x - (1 - now).sqrt() * model(x.float(), t).double()) / now.sqrt()
        if clip is not None:
            x0 = torch.maximum(torch.minimum(x0, torch.tensor(float(clip))), torch.tensor(-float(clip)))
        if step == 1:
            x = x0
            continue
        variance = 1 / ((1 - beta) / beta + 1 / (1 - before))
        mean = variance * ((1 - beta).sqrt() / beta * x + before.sqrt() / (1 - before) * x0)
        x = mean + variance.sqrt() * torch.randn(shape, generator=generator, dtype=torch.float64)
    return x.float()
