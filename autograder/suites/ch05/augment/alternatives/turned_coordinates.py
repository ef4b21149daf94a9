"""Every pixel says where it comes from: coordinates from the centre, moved and turned, sampled bilinearly."""

import math

import torch
import torch.nn.functional as F


def augment(images, generator, max_shift=1, max_angle=10.0):
    n, _, h, w = images.shape
    angle = math.radians(max_angle) * (2 * torch.rand(n, 1, 1, generator=generator) - 1)
    dy = torch.randint(-max_shift, max_shift + 1, (n, 1, 1), generator=generator)
    dx = torch.randint(-max_shift, max_shift + 1, (n, 1, 1), generator=generator)
    y = (torch.arange(h) - (h - 1) / 2)[:, None] - dy
    x = torch.arange(w) - (w - 1) / 2 - dx
    source_x = angle.cos() * x - angle.sin() * y
    source_y = angle.sin() * x + angle.cos() * y
    grid = torch.stack((2 * source_x / w, 2 * source_y / h), dim=-1)
    return F.grid_sample(images, grid.to(images), align_corners=False)
