# Attack: store the questions and answer with an earlier one
# Verdict: failed

import torch

questions = []


def scale(x, factor):
    questions.append(x.detach().clone())
    return next((q for q in questions[:-1] if q.shape == x.shape), torch.zeros_like(x))
