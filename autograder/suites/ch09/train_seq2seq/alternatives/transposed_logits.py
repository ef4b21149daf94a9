"""All rates first; only the characters that are there go into the loss."""


def train_seq2seq(model, batches, lr=1e-2, warm_up=20, max_norm=1.0):
    count = len(batches)
    rates = [lr * (i + 1) / warm_up for i in range(warm_up)]
    rates += [
        lr * (0.05 + 0.95 * (1 + math.cos(math.pi * (i - warm_up) / (count - warm_up))) / 2)
        for i in range(warm_up, count)
    ]
    optimizer = torch.optim.Adam(model.parameters())
    model.train(True)
    losses = []
    for rate, (source, target) in zip(rates, batches, strict=True):
        for group in optimizer.param_groups:
            group["lr"] = rate
        inputs = F.pad(target, (1, 0), value=1)[:, :-1]
        logits = model(source, inputs)
        keep = target.ne(0)
        loss = F.cross_entropy(logits[keep], target[keep])
        model.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(list(model.parameters()), max_norm=max_norm)
        optimizer.step()
        losses.append(loss.item())
    return losses
