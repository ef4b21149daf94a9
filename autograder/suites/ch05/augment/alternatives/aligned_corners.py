"""grid_sample in the other convention (align_corners=True), shifts drawn as positions in a row of offsets."""

import torch
import torch.nn.functional as F


def augment(images, generator, max_shift=1, max_angle=10.0):
    n, _, h, w = images.shape
    degrees = torch.empty(n).uniform_(-max_angle, max_angle, generator=generator)
    offsets = torch.arange(-max_shift, max_shift + 1)
    shift = offsets[torch.randint(len(offsets), (2, n), generator=generator)].float()
    c, s = torch.cos(degrees * torch.pi / 180), torch.sin(degrees * torch.pi / 180)
    turn = torch.stack((torch.stack((c, -s), -1), torch.stack((s, c), -1)), -2)  # (n, 2, 2), acts on (x, y)
    rows, columns = torch.arange(h) - (h - 1) / 2, torch.arange(w) - (w - 1) / 2
    pixels = torch.cartesian_prod(rows, columns).flip(1)  # (h * w, 2) as (x, y)
    pixels = pixels - shift.T.flip(1)[:, None]
    source = torch.einsum("nij,npj->npi", turn, pixels)
    half = torch.tensor([max(w - 1, 1) / 2, max(h - 1, 1) / 2])
    return F.grid_sample(images, (source / half).reshape(n, h, w, 2).to(images), align_corners=True)
