"""F.affine_grid with sines weighed by the sides' ratio, then the shift by slicing a padded image."""

import math

import torch
import torch.nn.functional as F


def augment(images, generator, max_shift=1, max_angle=10.0):
    n, _, h, w = images.shape
    theta = (torch.rand(n, generator=generator) * 2 - 1) * math.radians(max_angle)
    down = torch.randint(-max_shift, max_shift + 1, (n,), generator=generator).tolist()
    right = torch.randint(-max_shift, max_shift + 1, (n,), generator=generator).tolist()
    matrix = torch.zeros(n, 2, 3)
    matrix[:, 0, 0] = matrix[:, 1, 1] = theta.cos()
    matrix[:, 0, 1] = -theta.sin() * h / w
    matrix[:, 1, 0] = theta.sin() * w / h
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
    turned = F.grid_sample(images, grid.to(images), align_corners=False)
    s = max_shift
    padded = F.pad(turned, (s, s, s, s))
    pairs = zip(down, right, strict=True)
    return torch.stack([padded[i, :, s - y : s - y + h, s - x : s - x + w] for i, (y, x) in enumerate(pairs)])
