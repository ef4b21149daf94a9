"""The class that hands in the modern convolutional networks."""

from __future__ import annotations

from autograder.demo.students import ZERO, Student, mistaken

LOOPS = """def class_activation_map(features, weight, labels):
    places = 0
    while places < features.shape[2]:                   # places never grows
        heat = (features * weight[labels][:, :, None, None]).sum(1)
    return heat


def bounding_box(heat, share=0.5):
    rows, columns = (heat >= share * heat.max()).nonzero().unbind(1)
    return int(rows.min()), int(columns.min()), int(rows.max()), int(columns.max())
"""

LIBRARY = """def fold_batch_norm(weight, bias, gamma, beta, mean, var, eps=1e-5):
    from torch.nn.utils.fusion import fuse_conv_bn_weights
    return fuse_conv_bn_weights(weight, bias, mean, var, eps, gamma, beta)
"""

NETWORK_FROM_A_LIBRARY = """import torchvision

def vgg_stage(c_in, c_out, convs):
    return torchvision.models.vgg16().features[:5]

def VGG(*args, **kwargs):
    return torchvision.models.vgg16()

def AlexNet(num_classes=1000, width=64, dropout=0.5):
    return torchvision.models.alexnet()
"""


def the_class() -> list[Student]:
    """Everyone who hands in ch06."""
    return [
        Student("ada", "the reference solution"),
        Student("ben", "the skeleton, untouched", base="skeleton"),
        mistaken(
            "chloé durand",
            "ch06",
            {
                "account": "one_place_only",
                "dense_block": "new_maps_first",
                "fold_batch_norm": "shift_dropped_without_bias",
                "compound_scaling": "rounded_down",
                "class_activation_map": "relu_on_the_map",
                "mbconv": "squeezed_from_the_wide_part",
            },
        ),
        Student(
            "farid",
            "writes for ever",
            cells={"class_activation_map": LOOPS},
            expected={"class_activation_map": ZERO},
        ),
        Student(
            "mallory",
            "takes from libraries what is asked",
            cells={"fold_batch_norm": LIBRARY, "plain_nets": NETWORK_FROM_A_LIBRARY},
            expected={"fold_batch_norm": ZERO, "plain_nets": ZERO},
        ),
        Student("梅", "a file that is not JSON", document=b'{"cells": [, "nbformat": 4}'),
    ]
