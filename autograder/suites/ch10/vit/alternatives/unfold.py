"""Patches by `Tensor.unfold`; a class token of (1, 1, W), as public code has it."""

import torch
from torch import nn


def patchify(images, size):
    if images.shape[2] % size != 0 or images.shape[3] % size != 0:
        raise ValueError("the picture does not fit")
    patches = images.unfold(2, size, size).unfold(3, size, size)  # (N, C, rows, columns, size, size)
    return patches.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)


class ViT(nn.Module):
    def __init__(
        self, image_size, patch_size, channels, num_classes, width, heads, layers, block=ready_block
    ):
        super().__init__()
        height, breadth = image_size
        num_patches = (height // patch_size) * (breadth // patch_size)
        self.patch_size = patch_size
        self.project = nn.Linear(channels * patch_size * patch_size, width)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.position = nn.Parameter(torch.empty(num_patches + 1, width).normal_(std=0.02))
        self.blocks = nn.ModuleList([block(width, heads, 4 * width, True, eps=1e-6) for _ in range(layers)])
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, num_classes)

    def forward(self, images):
        x = self.project(patchify(images, self.patch_size))
        x = torch.cat((self.class_token.expand(x.shape[0], -1, -1), x), dim=1)
        x = x + self.position
        for layer in self.blocks:
            x = layer(x)
        return self.head(self.norm(x[:, 0]))
