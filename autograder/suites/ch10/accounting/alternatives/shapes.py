"""Shapes are listed and multiplied."""

import math


def _shapes(w):
    matrices = [(3 * w, w), (w, w), (4 * w, w), (w, 4 * w)]
    return matrices, [(rows,) for rows, _ in matrices] + [(w,)] * 4


def gpt_parameters(vocab_size, context, width, layers):
    matrices, vectors = _shapes(width)
    block = sum(math.prod(shape) for shape in matrices + vectors)
    rest = [(vocab_size, width), (context, width), (width,), (width,)]
    return layers * block + sum(math.prod(shape) for shape in rest)


def gpt_multiplications(tokens, vocab_size, width, layers):
    matrices, _ = _shapes(width)
    block = tokens * sum(math.prod(shape) for shape in matrices) + 2 * width * tokens**2
    return layers * block + math.prod((tokens, vocab_size, width))


def cache_bytes(tokens, width, heads, layers, kv_heads=None, bytes_per_number=2):
    shape = (layers, 2, kv_heads or heads, tokens, width // heads)
    return math.prod(shape) * bytes_per_number
