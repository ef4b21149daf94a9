"""As the published code writes it: make_divisible, with generic names."""

import math


def round_channels(channels, width, divisor=8):
    v = channels * width
    new_v = max(divisor, int(v + divisor / 2) // divisor * divisor)
    if new_v < 0.9 * v:
        new_v += divisor
    return int(new_v)


def scale_rows(rows, width, depth):
    scaled = []
    for row in rows:
        expand, channels, repeats, stride, kernel = row
        channels = round_channels(channels, width)
        repeats = int(math.ceil(depth * repeats))
        scaled.append((expand, channels, repeats, stride, kernel))
    return scaled


def drop_rates(rows, last):
    total = 0
    for _, _, repeats, _, _ in rows:
        total += repeats
    rates, number = [], 0
    for row in rows:
        for _ in range(row[2]):
            rates.append(last * float(number) / total)
            number += 1
    return rates
