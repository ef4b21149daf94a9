"""The prices of four shares: whole, in the order of time, none missing."""

from __future__ import annotations

import torch

from selfcheck.prices import load_prices


def test_prices_are_whole():
    names, prices = load_prices()
    assert names == ["MSFT", "AMZN", "IBM", "AAPL"]
    assert prices.shape == (4, 123) and prices.dtype == torch.float32 and prices.is_contiguous()
    assert bool((prices > 0).all() and prices.isfinite().all())


def test_the_first_and_the_last_price_of_each():
    _, prices = load_prices()
    first, last = [39.81, 64.56, 100.52, 25.94], [28.8, 128.82, 125.55, 223.02]
    assert torch.equal(prices[:, 0], torch.tensor(first)) and torch.equal(prices[:, -1], torch.tensor(last))


def test_two_calls_share_nothing():
    load_prices()[1].zero_()
    assert float(load_prices()[1].min()) > 0
