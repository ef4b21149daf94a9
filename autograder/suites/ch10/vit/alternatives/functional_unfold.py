"""Patches by `F.unfold`; class token and patches get their positions before they are joined."""

import torch
import torch.nn.functional as F
from torch import nn


def patchify(images, size):
    *_, height, width = images.shape
    if (height % size, width % size) != (0, 0):
        raise ValueError(f"{height} x {width} by {size}")
    return F.unfold(images, kernel_size=size, stride=size).mT


class ViT(nn.Module):
    def __init__(
        self, image_size, patch_size, channels, num_classes, width, heads, layers, block=ready_block
    ):
        super().__init__()
        self.size = patch_size
        rows, columns = (side // patch_size for side in image_size)
        self.project = nn.Linear(channels * patch_size**2, width)
        self.class_token = nn.Parameter(torch.randn(width))
        self.position = nn.Parameter(torch.randn(1 + rows * columns, width) / width**0.5)
        self.blocks = nn.ModuleList(
            block(width, heads, hidden=4 * width, norm_first=True, eps=1e-6) for _ in range(layers)
        )
        self.norm, self.head = nn.LayerNorm(width, 1e-6), nn.Linear(width, num_classes)

    def forward(self, images):
        patches = self.project(patchify(images, self.size)) + self.position[1:]
        first = (self.class_token + self.position[0]).repeat(len(images), 1, 1)
        x = torch.cat([first, patches], 1)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x).select(1, 0))
