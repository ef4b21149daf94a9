"""PyTorch's scheduler with the formula as a factor."""


def train_seq2seq(model, batches, lr=1e-2, warm_up=20, max_norm=1.0):
    total = len(batches)

    def factor(i):
        if i < warm_up:
            return (i + 1) / warm_up
        progress = (i - warm_up) / max(1, total - warm_up)
        return 0.05 + 0.95 * 0.5 * (1.0 + math.cos(math.pi * progress))

    opt = torch.optim.Adam(model.parameters(), lr=lr)
    scheduler = torch.optim.lr_scheduler.LambdaLR(opt, factor)
    criterion = nn.CrossEntropyLoss(ignore_index=0)
    history = []
    model.train()
    for src, tgt in batches:
        opt.zero_grad(set_to_none=True)
        bos = torch.full((tgt.size(0), 1), 1, dtype=torch.long)
        out = model(src, torch.cat((bos, tgt[:, :-1]), 1))
        loss = criterion(out.reshape(-1, out.size(-1)), tgt.reshape(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        opt.step()
        scheduler.step()
        history.append(float(loss))
    return history
