"""Each pair is a complex number, and turning a product."""

import torch


def rotary(x, positions, base=10_000.0):
    d = x.size(-1)
    if d % 2:
        raise ValueError("odd")
    wide = x.double() if x.dtype == torch.float64 else x.float()
    freqs = base ** (torch.arange(d // 2, dtype=wide.dtype) * (-2.0 / d))
    angles = positions.to(wide.dtype).unsqueeze(-1) * freqs
    turn = torch.polar(torch.ones_like(angles), angles)
    if positions.ndim == 2:
        turn = turn.unsqueeze(1)
    pairs = torch.view_as_complex(wide.reshape(*x.shape[:-1], d // 2, 2).contiguous())
    return torch.view_as_real(pairs * turn).flatten(-2).type_as(x)
