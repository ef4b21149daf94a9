# Attack: get it out of a pickle
# Exercise: slide
# Verdict: forbidden or failed


NAME = "".join(map(chr, (99, 111, 110, 118, 50, 100)))


import pickle

TEXT = b"ctorch.nn.functional\n" + NAME.encode() + b"\n."
VIA = pickle.loads(TEXT)


def slide(x, w):
    return VIA(x, w)
