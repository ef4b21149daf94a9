# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A small torch assignment, to time graders with
#
# Its grade cells hold the checks that stock nbgrader runs; the jailed grader runs the same checks from
# `test_bench.py`.

# %% given="given_imports"
import torch
import torch.nn.functional as F
from torch import Tensor, nn


# %% solution="softmax_solution"
def softmax(logits: Tensor) -> Tensor:
    """The probabilities of (N, K) logits, stable for large ones."""
    ### BEGIN SOLUTION
    powers = torch.exp(logits - logits.max(dim=1, keepdim=True).values)
    return powers / powers.sum(dim=1, keepdim=True)
    ### END SOLUTION


# %% grade="softmax" points=4
torch.manual_seed(0)
logits = torch.randn(5, 7) * 3
assert torch.allclose(softmax(logits), F.softmax(logits, dim=1), atol=1e-6)
assert torch.isfinite(softmax(torch.full((2, 3), 1000.0))).all()


# %% solution="linear_backward_solution"
def linear_backward(grad_output: Tensor, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of x @ weight.T + bias: with respect to x, weight and bias."""
    ### BEGIN SOLUTION
    return grad_output @ weight, grad_output.T @ x, grad_output.sum(dim=0)
    ### END SOLUTION


# %% grade="linear_backward" points=6
torch.manual_seed(1)
x, weight = torch.randn(5, 3, requires_grad=True), torch.randn(4, 3, requires_grad=True)
bias, grad_output = torch.randn(4, requires_grad=True), torch.randn(5, 4)
expected = torch.autograd.grad(F.linear(x, weight, bias), (x, weight, bias), grad_output)
found = linear_backward(grad_output, x.detach(), weight.detach())
assert all(torch.allclose(ours, theirs, atol=1e-5) for ours, theirs in zip(found, expected, strict=True))


# %% solution="fit_line_solution"
def fit_line(x: Tensor, y: Tensor, steps: int = 100, lr: float = 0.1) -> tuple[float, float]:
    """Slope and intercept of the line through (N,) points, by gradient descent on the mean squared error."""
    ### BEGIN SOLUTION
    line = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(line.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        F.mse_loss(line(x[:, None])[:, 0], y).backward()
        optimizer.step()
    return line.weight.item(), line.bias.item()
    ### END SOLUTION


# %% grade="fit_line" points=10
torch.manual_seed(2)
points = torch.randn(50)
slope, intercept = fit_line(points, 3 * points - 1)
assert abs(slope - 3) < 1e-2 and abs(intercept + 1) < 1e-2
