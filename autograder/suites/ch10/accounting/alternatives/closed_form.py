"""Polynomials in the width."""


def gpt_parameters(vocab_size, context, width, layers):
    return width * (vocab_size + context + 2 + layers * (12 * width + 13))


def gpt_multiplications(tokens, vocab_size, width, layers):
    return tokens * width * (layers * (12 * width + 2 * tokens) + vocab_size)


def cache_bytes(tokens, width, heads, layers, kv_heads=None, bytes_per_number=2):
    share = heads if kv_heads is None else kv_heads
    return 2 * layers * tokens * (width * share // heads) * bytes_per_number
