"""AdamW and clipping written out; gradients by torch.autograd.grad."""

import torch


def fit(model, batches, loss_of, rate, decay=0.1, max_norm=1.0):
    model.train()
    values = [value for value in model.parameters() if value.requires_grad]
    means, squares = ([torch.zeros_like(v) for v in values] for _ in range(2))
    losses = []
    for step, batch in enumerate(batches):
        lr = rate(step)
        loss = loss_of(model, batch)
        grads = torch.autograd.grad(loss, values, allow_unused=True)
        norm = torch.stack([g.norm() for g in grads if g is not None]).norm()
        factor = (max_norm / (norm + 1e-6)).clamp(max=1.0)
        with torch.no_grad():
            for value, grad, m, s in zip(values, grads, means, squares, strict=True):
                if grad is None:
                    continue
                grad = grad * factor
                if value.dim() > 1:
                    value -= lr * decay * value
                m.lerp_(grad, 0.1)
                s.mul_(0.95).addcmul_(grad, grad, value=0.05)
                top = m / (1 - 0.9 ** (step + 1))
                value -= lr * top / ((s / (1 - 0.95 ** (step + 1))).sqrt() + 1e-8)
        losses.append(float(loss.detach()))
    return losses
