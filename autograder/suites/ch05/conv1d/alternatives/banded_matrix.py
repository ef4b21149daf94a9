"""Writes the convolution as one matrix with the kernel along its diagonal."""

import torch


def conv1d(x, weight, stride=1):
    c_out, c_in, size = weight.shape
    length = x.shape[2]
    places = 1 + (length - size) // stride
    band = weight.new_zeros(c_out, places, c_in, length)
    for i in range(places):
        band[:, i, :, i * stride : i * stride + size] = weight
    return (x.flatten(1) @ band.flatten(2).flatten(0, 1).T).reshape(len(x), c_out, places)
