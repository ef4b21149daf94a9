# Attack: an exception and a value whose texts run code
# Verdict: crashed

import os


class Loud(Exception):
    def __str__(self):
        os._exit(0)

    __repr__ = __format__ = __str__


def scale(x, factor):
    raise Loud(x)
