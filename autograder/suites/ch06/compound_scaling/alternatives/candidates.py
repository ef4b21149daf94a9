"""The nearest multiple as the best of a few; rates by multiples of a step."""

import math


def round_channels(channels, width, divisor=8):
    wanted = width * channels
    below = math.floor(wanted / divisor) * divisor
    above = below + divisor
    best = above if above - wanted <= wanted - below else below
    best = max(best, divisor)
    return best if best >= 0.9 * wanted else best + divisor


def scale_rows(rows, width, depth):
    return [(row[0], round_channels(row[1], width), -int(-(depth * row[2]) // 1), *row[3:]) for row in rows]


def drop_rates(rows, last):
    blocks = sum(repeats for _, _, repeats, _, _ in rows)
    return [i * (last / blocks) for i in range(blocks)]
