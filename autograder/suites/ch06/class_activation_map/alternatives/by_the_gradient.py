"""All classes' maps by a 1x1 convolution, then the one that is asked for; the box with numpy."""

import numpy as np
import torch
import torch.nn.functional as F


def class_activation_map(features, weight, labels):
    everything = F.conv2d(features, weight[:, :, None, None])
    return everything[torch.arange(len(labels)), labels]


def bounding_box(heat, share=0.5):
    values = heat.detach().numpy()
    places = np.argwhere(values >= share * values.max())
    (top, left), (bottom, right) = places.min(0), places.max(0)
    return int(top), int(left), int(bottom), int(right)
