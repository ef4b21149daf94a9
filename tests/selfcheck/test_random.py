"""The tests' randomness: reproducible, and as declared."""

from __future__ import annotations

import torch

from selfcheck.random import Rng, derive_seed


def test_the_same_seed_gives_the_same_numbers():
    def draw(seed):
        rng = Rng(seed)
        return [
            rng.randn(2, 3),
            rng.rand(2),
            rng.uniform(-2, 3, 4),
            rng.randint(0, 9, (5,)),
            rng.perm(6),
            rng.seed(),
        ]

    assert all(
        torch.equal(torch.as_tensor(a), torch.as_tensor(b)) for a, b in zip(draw(7), draw(7), strict=True)
    )
    assert not torch.equal(Rng(7).randn(5), Rng(8).randn(5))


def test_shapes_types_and_ranges():
    rng = Rng(0)
    x = rng.randn(2, 3, dtype=torch.float64, requires_grad=True)
    assert x.shape == (2, 3) and x.dtype == torch.float64 and x.requires_grad and x.is_leaf
    u = rng.uniform(-2, 3, 1000)
    assert u.min() >= -2 and u.max() < 3 and u.max() > 2
    assert rng.randn().shape == () and rng.randint(0, 5).shape == () and rng.randint(0, 5, 3).shape == (3,)
    assert sorted(rng.perm(5).tolist()) == [0, 1, 2, 3, 4]
    assert not torch.equal(torch.rand(2, generator=rng.generator()), torch.rand(2, generator=rng.generator()))


def test_seeds_depend_on_every_part_and_on_nothing_else():
    assert derive_seed("a", 1) == derive_seed("a", 1) != derive_seed("a", 2)
    assert derive_seed("ab", "c") != derive_seed("a", "bc")
