"""Part by part, as a table."""


def gpt_parameters(vocab_size, context, width, layers):
    hidden = 4 * width
    norm = 2 * width
    attention = (width * 3 * width + 3 * width) + (width * width + width)
    feed_forward = (width * hidden + hidden) + (hidden * width + width)
    block = norm + attention + norm + feed_forward
    return vocab_size * width + context * width + layers * block + norm


def gpt_multiplications(tokens, vocab_size, width, layers):
    total = 0
    for _ in range(layers):
        total += tokens * width * 3 * width
        total += tokens * tokens * width
        total += tokens * tokens * width
        total += tokens * width * width
        total += tokens * width * 4 * width * 2
    return total + tokens * width * vocab_size


def cache_bytes(tokens, width, heads, layers, kv_heads=None, bytes_per_number=2):
    if kv_heads is None:
        kv_heads = heads
    d = width // heads
    keys = values = tokens * kv_heads * d
    return (keys + values) * layers * bytes_per_number
