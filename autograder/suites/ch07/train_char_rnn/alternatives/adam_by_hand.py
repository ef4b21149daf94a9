"""Adam written out, gradients by torch.autograd.grad."""

import torch
import torch.nn.functional as F


def train_char_rnn(model, windows, epochs=1, lr=8e-3, max_norm=1.0):
    model.train()
    parameters = list(model.parameters())
    first = [torch.zeros_like(p) for p in parameters]
    second = [torch.zeros_like(p) for p in parameters]
    step, losses = 0, []
    for _ in range(epochs):
        state, total = None, 0.0
        for inputs, targets in windows:
            logits, state = model(inputs, state)
            loss = F.cross_entropy(logits.permute(0, 2, 1), targets)
            grads = torch.autograd.grad(loss, parameters)
            norm = torch.cat([g.flatten() for g in grads]).norm()
            scale = torch.clamp(max_norm / (norm + 1e-6), max=1.0)
            step += 1
            with torch.no_grad():
                for p, g, m, v in zip(parameters, grads, first, second, strict=False):
                    g = g * scale
                    m.mul_(0.9).add_(g, alpha=0.1)
                    v.mul_(0.999).addcmul_(g, g, value=0.001)
                    denominator = (v / (1 - 0.999**step)).sqrt() + 1e-8
                    p.sub_(lr * (m / (1 - 0.9**step)) / denominator)
            state = state.detach()
            total += loss.item()
        losses.append(total / len(windows))
    return losses
