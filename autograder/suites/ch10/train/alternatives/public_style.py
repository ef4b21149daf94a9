"""Groups from named parameters, an iterator with next, gradients set to None: as public training scripts do it."""

import torch


def configure(model, decay):
    named = {name: p for name, p in model.named_parameters() if p.requires_grad}
    decayed = [p for p in named.values() if p.dim() >= 2]
    others = [p for p in named.values() if p.dim() < 2]
    groups = []
    if decayed:
        groups.append({"params": decayed, "weight_decay": decay})
    if others:
        groups.append({"params": others, "weight_decay": 0.0})
    return torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95), foreach=False)


def fit(model, batches, loss_of, rate, decay=0.1, max_norm=1.0):
    optimizer = configure(model, decay)
    model.train(True)
    source, step, history = iter(batches), 0, []
    while (batch := next(source, None)) is not None:
        learning_rate = rate(step)
        for param_group in optimizer.param_groups:
            param_group["lr"] = learning_rate
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model, batch)
        loss.backward()
        if max_norm != 0.0:
            torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        history.append(loss.detach().item())
        step += 1
    return history
