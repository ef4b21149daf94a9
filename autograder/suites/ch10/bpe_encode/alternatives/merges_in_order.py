"""All merges in their order over each word; bytes of a token by recursion."""

import math


def bpe_encode(text, merges):
    tokens = []
    for word in split_words(text):
        ids = list(word.encode("utf-8"))
        for number, (left, right) in enumerate(merges):
            i = 0
            while i + 1 < len(ids):
                if ids[i] == left and ids[i + 1] == right:
                    ids[i : i + 2] = [256 + number]
                i += 1
        tokens.extend(ids)
    return tokens


def bpe_decode(tokens, merges):
    def spell(token):
        if token < 256:
            return bytes([token])
        left, right = merges[token - 256]
        return spell(left) + spell(right)

    if any(token < 0 or token > 255 + len(merges) for token in tokens):
        raise ValueError("a token that is not in the vocabulary")
    return b"".join(map(spell, tokens)).decode("utf-8", "replace")


def bits_per_byte(log_probs, text):
    bits = -(log_probs.double() / math.log(2)).sum().item()
    return bits / len(bytes(text, "utf-8"))
