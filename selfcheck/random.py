"""The randomness of a test: every number comes from one recorded seed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
from torch import Tensor


def derive_seed(*parts: object) -> int:
    """A seed in [0, 2**63) that depends on every part, the same on every machine."""
    digest = hashlib.sha256("\0".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


class Rng:
    """Random tensors on the CPU, reproducible from `seed`."""

    def __init__(self, seed: int) -> None:
        self.initial_seed = seed
        self._generator = torch.Generator().manual_seed(seed)

    def randn(self, *shape: int, dtype: torch.dtype = torch.float32, requires_grad: bool = False) -> Tensor:
        """Standard normal numbers of that shape."""
        return torch.randn(shape, generator=self._generator, dtype=dtype).requires_grad_(requires_grad)

    def rand(self, *shape: int, dtype: torch.dtype = torch.float32, requires_grad: bool = False) -> Tensor:
        """Uniform numbers in [0, 1) of that shape."""
        return torch.rand(shape, generator=self._generator, dtype=dtype).requires_grad_(requires_grad)

    def uniform(
        self,
        low: float,
        high: float,
        *shape: int,
        dtype: torch.dtype = torch.float32,
        requires_grad: bool = False,
    ) -> Tensor:
        """Uniform numbers in [low, high) of that shape."""
        unit = torch.rand(shape, generator=self._generator, dtype=dtype)
        return (low + (high - low) * unit).requires_grad_(requires_grad)

    def randint(
        self, low: int, high: int, shape: Sequence[int] | int = (), dtype: torch.dtype = torch.int64
    ) -> Tensor:
        """Integers in [low, high) of that shape."""
        size = (shape,) if isinstance(shape, int) else tuple(shape)
        return torch.randint(low, high, size, generator=self._generator, dtype=dtype)

    def perm(self, n: int) -> Tensor:
        """A permutation of 0 ... n-1, int64 (n,)."""
        return torch.randperm(n, generator=self._generator)

    def seed(self) -> int:
        """A fresh seed, an int in [0, 2**31)."""
        return int(torch.randint(0, 2**31, (), generator=self._generator))

    def generator(self) -> torch.Generator:
        """A fresh generator with a seed drawn from this one."""
        return torch.Generator().manual_seed(self.seed())
