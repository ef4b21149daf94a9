"""A part of MNIST that comes with the package: handwritten digits enough to train on and to keep some back.

Source: LeCun, Cortes and Burges, the MNIST database; the text beside the file names the licence.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy
import torch
from torch import Tensor


class Labelled(NamedTuple):
    """Images (N, 1, H, W), float32 in [0, 1], and what they show, (N,) int64 in 0 ... 9."""

    images: Tensor
    labels: Tensor


def load_mnist5000() -> Labelled:
    """5,000 digits of MNIST, 500 of each class in order of class, averaged to 14x14 pixels."""
    with numpy.load(Path(__file__).with_name("datasets") / "mnist5000.npz", allow_pickle=False) as bundle:
        images, labels = bundle["images"], bundle["labels"]
    return Labelled(torch.from_numpy(images).float()[:, None] / 255, torch.from_numpy(labels).long())
