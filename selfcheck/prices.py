"""Monthly prices of four shares, to forecast honestly.

Source: the file `stocks.csv` of the package vega-datasets 0.9, under the MIT licence (Jake VanderPlas, 2018). It does
not say where the prices come from. The fifth share of that file begins in 2004 and is left out, so that all series are
whole.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor


def load_prices() -> tuple[list[str], Tensor]:
    """Names of four shares and their monthly prices in dollars, January 2000 to March 2010: float32 (4, 123)."""
    path = Path(__file__).parent / "datasets" / "prices.csv"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    head, *rows = (line.split(",") for line in lines)
    return head[1:], torch.tensor([[float(price) for price in row[1:]] for row in rows]).T.contiguous()
