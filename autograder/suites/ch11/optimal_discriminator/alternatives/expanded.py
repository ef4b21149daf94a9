"""The logit as the parabola that it is, a softmax over two classes, and xlogy for the empty cells."""

import torch


def log_ratio(x, mean_p, std_p, mean_q, std_q):
    a, b = std_p.pow(-2), std_q.pow(-2)
    # Distances from one of the means: multiplied out about 0 all digits would cancel far from it.
    y, apart = x - mean_p, mean_q - mean_p
    constant = (std_q / std_p).log() + b * apart.square() / 2
    return (constant - y * b * apart + y.square() * (b - a) / 2).sum(dim=1)


def optimal_discriminator(log_p, log_q):
    return torch.softmax(torch.stack([log_p, log_q]), dim=0)[0]


def optimal_value(log_p, log_q, dx):
    p, q = torch.exp(log_p), torch.exp(log_q)
    total = p + q
    ratio_p = torch.where(total > 0, p / total, 0.5)
    ratio_q = torch.where(total > 0, q / total, 0.5)
    return torch.sum(torch.special.xlogy(p, ratio_p) + torch.special.xlogy(q, ratio_q)) * dx
