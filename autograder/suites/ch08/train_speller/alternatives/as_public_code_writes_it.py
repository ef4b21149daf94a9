"""The epoch as a function of its own, with a running total, as in public tutorials."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim


def _train_epoch(dataloader, model, optimizer):
    total_loss = 0
    for input_tensor, input_lengths, target_tensor, target_lengths in dataloader:
        optimizer.zero_grad()
        sos = torch.empty(target_tensor.size(0), 1, dtype=torch.long).fill_(1)
        decoder_input = torch.cat((sos, target_tensor), dim=1)[:, :-1]
        decoder_outputs = model(input_tensor, input_lengths, decoder_input)
        keep = torch.zeros_like(target_tensor, dtype=torch.bool)
        for row, length in enumerate(target_lengths.tolist()):
            keep[row, :length] = True
        loss = F.cross_entropy(
            decoder_outputs[keep].view(-1, decoder_outputs.size(-1)), target_tensor[keep].view(-1)
        )
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total_loss += loss.item()
    return total_loss / len(dataloader)


def train_speller(model, batches, epochs=1, lr=5e-3):
    model.train()
    optimizer = optim.Adam(model.parameters(), lr=lr)
    return [_train_epoch(batches, model, optimizer) for _ in range(epochs)]
