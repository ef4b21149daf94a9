"""PyTorch's own recipe: norms of norms, a small number in the denominator, a clamp."""

import torch


def clip_gradients(grads, max_norm):
    norms = torch.stack([torch.linalg.vector_norm(g.to(torch.float64)) for g in grads])
    total = torch.linalg.vector_norm(norms)
    coefficient = torch.clamp(max_norm / (total + 1e-12), max=1.0)
    return [(g * coefficient).to(g.dtype) for g in grads], total.item()
