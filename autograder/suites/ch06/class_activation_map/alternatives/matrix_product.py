"""A product of matrices for each image; the box by rows and columns that reach the bar."""

import torch


def class_activation_map(features, weight, labels):
    n, c, h, w = features.shape
    rows = weight.index_select(0, labels).unsqueeze(1)
    return torch.bmm(rows, features.reshape(n, c, h * w)).reshape(n, h, w)


def bounding_box(heat, share=0.5):
    mask = heat >= heat.max() * share
    rows = torch.where(mask.any(dim=1))[0]
    columns = torch.where(mask.any(dim=0))[0]
    return rows[0].item(), columns[0].item(), rows[-1].item(), columns[-1].item()
