"""Cross-entropy by hand, clipping by hand, the optimiser's gradients set to None."""

import torch


def train_char_rnn(model, windows, epochs=1, lr=8e-3, max_norm=1.0):
    parameters = [p for p in model.parameters() if p.requires_grad]
    adam = torch.optim.Adam(parameters, lr)
    model.train(True)
    history = []
    for _epoch in range(epochs):
        hidden = None
        values = []
        for x, y in windows:
            if hidden is not None:
                hidden = hidden.detach()
            scores, hidden = model(x, hidden)
            loss = -scores.log_softmax(-1).gather(-1, y.unsqueeze(-1)).mean()
            for p in parameters:
                p.grad = None
            loss.backward()
            norm = torch.sqrt(sum(p.grad.pow(2).sum() for p in parameters))
            if norm > max_norm:
                for p in parameters:
                    p.grad.mul_(max_norm / (norm + 1e-6))
            adam.step()
            values.append(float(loss))
        history.append(sum(values) / len(values))
    return history
