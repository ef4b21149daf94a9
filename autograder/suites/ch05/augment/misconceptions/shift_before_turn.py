"""If the image is shifted first and turned then, about which of its points does it turn?"""

import math

import torch
import torch.nn.functional as F


def augment(images, generator, max_shift=1, max_angle=10.0):
    n, _, h, w = images.shape
    angle = math.radians(max_angle) * (2 * torch.rand(n, 1, 1, generator=generator) - 1)
    dy = torch.randint(-max_shift, max_shift + 1, (n, 1, 1), generator=generator)
    dx = torch.randint(-max_shift, max_shift + 1, (n, 1, 1), generator=generator)
    y = (torch.arange(h) - (h - 1) / 2)[:, None].expand(n, h, 1)
    x = torch.arange(w) - (w - 1) / 2 + torch.zeros(n, 1, 1)
    source_x = angle.cos() * x - angle.sin() * y - dx
    source_y = angle.sin() * x + angle.cos() * y - dy
    grid = torch.stack((2 * source_x / w, 2 * source_y / h), dim=-1)
    return F.grid_sample(images, grid, align_corners=False)
