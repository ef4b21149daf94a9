"""Patches in two loops, the model with indices."""

import torch
from torch import nn


def patchify(images, size):
    n, c, height, width = images.shape
    if height % size or width % size:
        raise ValueError("sizes")
    patches = []
    for top in range(0, height, size):
        for left in range(0, width, size):
            patches.append(images[:, :, top : top + size, left : left + size].reshape(n, c * size * size))
    return torch.stack(patches, dim=1)


class ViT(nn.Module):
    def __init__(
        self, image_size, patch_size, channels, num_classes, width, heads, layers, block=ready_block
    ):
        super().__init__()
        self.patch_size = patch_size
        count = image_size[0] * image_size[1] // patch_size**2
        self.project = nn.Linear(channels * patch_size**2, width)
        self.class_token = nn.Parameter(torch.empty(width))
        self.position = nn.Parameter(torch.empty(count + 1, width))
        nn.init.normal_(self.class_token, std=0.1)
        nn.init.trunc_normal_(self.position, std=0.1)
        self.blocks = nn.ModuleList()
        for _ in range(layers):
            self.blocks.append(block(width, heads, 4 * width, eps=1e-6))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, num_classes)

    def forward(self, images):
        patches = self.project(patchify(images, self.patch_size))
        x = patches.new_empty(patches.shape[0], patches.shape[1] + 1, patches.shape[2])
        x[:, 0] = self.class_token
        x[:, 1:] = patches
        x = x + self.position[None]
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)[:, 0])
