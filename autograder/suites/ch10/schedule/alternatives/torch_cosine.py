"""With tensors in float64, and a squared cosine."""

import torch


def warmup_cosine(step, peak, warmup, total, floor=0.0):
    if step < warmup:
        return float(torch.linspace(0, peak, warmup + 1, dtype=torch.float64)[step + 1])
    if step >= total:
        return float(floor)
    half = torch.tensor((step - warmup) / (total - warmup), dtype=torch.float64) * torch.pi / 2
    return float(floor + (peak - floor) * half.cos() ** 2)
