# Attack: map more memory than there is, without using it
# Verdict: failed or out_of_memory or crashed

import mmap


def scale(x, factor):
    maps = []
    for _ in range(64):
        maps.append(mmap.mmap(-1, 1 << 34, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000))
    return x * 0
