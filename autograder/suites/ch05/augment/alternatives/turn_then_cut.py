"""Image by image: turned on its own frame first, then cut from a padded copy, so what the turn lost is lost."""

import math

import torch
import torch.nn.functional as F


def augment(images, generator, max_shift=1, max_angle=10.0):
    out = torch.zeros_like(images)
    h, w = images.shape[2:]
    for i, image in enumerate(images):
        a = math.radians(max_angle) * (2 * torch.rand((), generator=generator).item() - 1)
        rot = torch.tensor(
            [[math.cos(a), -math.sin(a) * h / w, 0.0], [math.sin(a) * w / h, math.cos(a), 0.0]],
            dtype=images.dtype,
        )
        grid = F.affine_grid(rot[None], (1, 1, h, w), align_corners=False)
        turned = F.grid_sample(image[None], grid, align_corners=False)[0]
        dy, dx = torch.randint(-max_shift, max_shift + 1, (2,), generator=generator).tolist()
        m = max_shift
        padded = F.pad(turned, (m, m, m, m))
        out[i] = padded[:, m - dy : m - dy + h, m - dx : m - dx + w]
    return out
