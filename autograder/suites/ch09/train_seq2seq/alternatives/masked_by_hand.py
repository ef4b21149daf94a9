"""Loss and clipping by hand, padding counted out."""


def train_seq2seq(model, batches, lr=1e-2, warm_up=20, max_norm=1.0):
    parameters = list(model.parameters())
    optimizer = torch.optim.Adam([{"params": parameters, "lr": 0.0}])
    losses = []
    for i in range(len(batches)):
        source, target = batches[i]
        model.train()
        inputs = target.roll(1, dims=1)
        inputs[:, 0] = 1
        log_probs = torch.log_softmax(model(source, inputs), dim=-1)
        there = (target != 0).to(log_probs.dtype)
        picked = log_probs.gather(2, target.unsqueeze(2)).squeeze(2)
        loss = -(picked * there).sum() / there.sum()
        for p in parameters:
            p.grad = None
        loss.backward()
        norm = torch.sqrt(sum((p.grad**2).sum() for p in parameters if p.grad is not None))
        if norm > max_norm:
            for p in parameters:
                if p.grad is not None:
                    p.grad *= max_norm / (norm + 1e-6)
        if i < warm_up:
            rate = lr * (i + 1) / warm_up
        else:
            rate = lr * (0.525 + 0.475 * math.cos(math.pi * (i - warm_up) / (len(batches) - warm_up)))
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        losses.append(loss.detach().item())
    return losses
