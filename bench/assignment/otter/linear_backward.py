"""The check of the grade cell `linear_backward` as an Otter test file."""

import torch
import torch.nn.functional as F
from otter.test_files import test_case

OK_FORMAT = False
name = "linear_backward"
points = 6


@test_case(points=6)
def test_linear_backward(linear_backward):
    torch.manual_seed(1)
    x, weight = torch.randn(5, 3, requires_grad=True), torch.randn(4, 3, requires_grad=True)
    bias, grad_output = torch.randn(4, requires_grad=True), torch.randn(5, 4)
    expected = torch.autograd.grad(F.linear(x, weight, bias), (x, weight, bias), grad_output)
    for found, wanted in zip(linear_backward(grad_output, x.detach(), weight.detach()), expected):  # noqa: B905
        assert torch.allclose(found, wanted, atol=1e-6)
