"""Bilinear interpolation by hand, four gathered neighbours a pixel, image by image; turns the other way."""

import math

import torch


def augment(images, generator, max_shift=1, max_angle=10.0):
    results = []
    for image in images:
        dy = int(torch.randint(2 * max_shift + 1, (), generator=generator)) - max_shift
        dx = int(torch.randint(2 * max_shift + 1, (), generator=generator)) - max_shift
        angle = math.radians(float(torch.empty(()).uniform_(-1, 1, generator=generator)) * max_angle)
        h, w = image.shape[1:]
        rows, columns = torch.meshgrid(torch.arange(h) - dy, torch.arange(w) - dx, indexing="ij")
        rows, columns = rows - (h - 1) / 2, columns - (w - 1) / 2
        y = math.cos(angle) * rows + math.sin(angle) * columns + (h - 1) / 2
        x = math.cos(angle) * columns - math.sin(angle) * rows + (w - 1) / 2
        result = torch.zeros(h, w, dtype=image.dtype)
        for top in (y.floor(), y.floor() + 1):
            for left in (x.floor(), x.floor() + 1):
                share = (1 - (y - top).abs()) * (1 - (x - left).abs())
                inside = (top >= 0) & (top < h) & (left >= 0) & (left < w)
                values = image[0][top.clamp(0, h - 1).long(), left.clamp(0, w - 1).long()]
                result += torch.where(inside, share * values, 0)
        results.append(result[None])
    return torch.stack(results)
