"""Rates by linspace; rows by zip of columns."""

import math

import torch


def round_channels(channels, width, divisor=8):
    wanted = channels * width
    units = math.floor(wanted / divisor + 0.5)
    if units * divisor < 0.9 * wanted:
        units += 1
    return max(units, 1) * divisor


def scale_rows(rows, width, depth):
    expand, channels, repeats, stride, kernel = zip(*rows, strict=True)
    channels = [round_channels(c, width) for c in channels]
    repeats = [math.ceil(depth * n) for n in repeats]
    return list(zip(expand, channels, repeats, stride, kernel, strict=True))


def drop_rates(rows, last):
    n = sum(row[2] for row in rows)
    return torch.linspace(0, last, n + 1, dtype=torch.float64)[:-1].tolist()
