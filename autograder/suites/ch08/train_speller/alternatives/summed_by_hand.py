"""Log-probabilities gathered, summed under a mask, divided by the number of words; clipped by hand."""

import torch


def train_speller(model, batches, epochs=1, lr=5e-3):
    model.train()
    parameters = list(model.parameters())
    optimiser = torch.optim.Adam(parameters, lr=lr)
    means = []
    for _ in range(epochs):
        seen = []
        for src, src_len, tgt, tgt_len in batches:
            optimiser.zero_grad()
            told = torch.ones_like(tgt)
            told[:, 1:] = tgt[:, :-1]
            log_probs = model(src, src_len, told).log_softmax(dim=2)
            picked = log_probs.gather(2, tgt.unsqueeze(2)).squeeze(2)
            mask = (torch.arange(tgt.shape[1])[None] < tgt_len[:, None]).to(picked.dtype)
            loss = -(picked * mask).sum() / mask.sum()
            loss.backward()
            norm = torch.sqrt(sum(p.grad.pow(2).sum() for p in parameters))
            factor = min(1.0, 1.0 / (float(norm) + 1e-6))
            for p in parameters:
                p.grad *= factor
            optimiser.step()
            seen.append(loss.item())
        means.append(sum(seen) / len(seen))
    return means
