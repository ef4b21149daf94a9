# Attack: answer with a complex view whose conjugation is still to be done
# Verdict: failed

import torch


def scale(x, factor):
    return torch.complex(x, torch.zeros_like(x)).conj() * factor
