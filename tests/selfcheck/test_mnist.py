"""The part of MNIST that comes with the package."""

from __future__ import annotations

import torch

from selfcheck.mnist import load_mnist5000


def test_five_hundred_of_each_digit_in_order():
    images, labels = load_mnist5000()
    assert images.shape == (5000, 1, 14, 14) and images.dtype == torch.float32
    assert labels.dtype == torch.int64 and torch.equal(labels, torch.arange(10).repeat_interleave(500))
    assert images.min() == 0 and 0.9 < images.max() <= 1


def test_the_labels_are_those_of_the_images():
    """The mean image of a digit, made of one half, names nearly four of five images of the other half."""
    images, labels = load_mnist5000()
    flat, even = images.flatten(1), torch.arange(5000) % 2 == 0
    means = torch.stack([flat[even & (labels == digit)].mean(0) for digit in range(10)])
    named = torch.cdist(flat[~even], means).argmin(1)
    assert (named == labels[~even]).double().mean() > 0.75


def test_two_calls_share_nothing():
    images, labels = load_mnist5000()
    images.zero_()
    labels.zero_()
    again = load_mnist5000()
    assert again.images.sum() > 0 and again.labels.sum() > 0
