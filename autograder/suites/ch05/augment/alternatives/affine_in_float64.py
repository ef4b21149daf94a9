"""An affine grid from float64 angles turned the other way, shifts from uniform numbers rounded down."""

import math

import torch
import torch.nn.functional as F


def augment(images, generator, max_shift=1, max_angle=10.0):
    n, _, h, w = images.shape
    theta = (
        torch.empty(n, dtype=torch.float64).uniform_(-1, 1, generator=generator) * max_angle * math.pi / 180
    )
    dx, dy = (
        torch.floor(torch.rand(n, generator=generator, dtype=torch.float64) * (2 * max_shift + 1)) - max_shift
        for _ in range(2)
    )
    cos, sin = torch.cos(theta), torch.sin(theta)
    rows = torch.stack(
        [
            torch.stack([cos, sin * h / w, -2 * (cos * dx + sin * dy) / w], 1),
            torch.stack([-sin * w / h, cos, -2 * (-sin * dx + cos * dy) / h], 1),
        ],
        1,
    ).to(images.dtype)
    return F.grid_sample(images, F.affine_grid(rows, images.shape, align_corners=False), align_corners=False)
