"""Each branch is a string of kernels and a list of widths."""

from torch import nn


def path(*widths, kernels):
    layers = []
    for a, b, (rows, columns) in zip(widths, widths[1:], kernels, strict=False):
        layers.append(unit(a, b, (rows, columns), padding=((rows - 1) // 2, (columns - 1) // 2)))
    return nn.Sequential(*layers)


ONE, ROW, COLUMN = (1, 1), (1, 7), (7, 1)


def with_average(c_in, c_out):
    pool = nn.AvgPool2d(kernel_size=3, stride=1, padding=1, count_include_pad=False)
    return nn.Sequential(pool, path(c_in, c_out, kernels=[ONE]))


def inception_v1(c_in, ones, threes, fives, pooled, kernel=5):
    return Branches(
        path(c_in, ones, kernels=[ONE]),
        path(c_in, *threes, kernels=[ONE, (3, 3)]),
        path(c_in, *fives, kernels=[ONE, (kernel, kernel)]),
        nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), path(c_in, pooled, kernels=[ONE])),
    )


def inception_v3(c_in, middle):
    return Branches(
        path(c_in, 192, kernels=[ONE]),
        path(c_in, middle, middle, 192, kernels=[ONE, ROW, COLUMN]),
        path(c_in, middle, middle, middle, middle, 192, kernels=[ONE, COLUMN, ROW, COLUMN, ROW]),
        with_average(c_in, 192),
    )


def inception_v4(c_in=1024):
    return Branches(
        path(c_in, 384, kernels=[ONE]),
        path(c_in, 192, 224, 256, kernels=[ONE, ROW, COLUMN]),
        path(c_in, 192, 192, 224, 224, 256, kernels=[ONE, COLUMN, ROW, COLUMN, ROW]),
        with_average(c_in, 128),
    )
