"""The checks of the grade cells as tests for PrairieLearn's grader."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from pytest_prairielearn_grader import ConfigObject

autograder_config = ConfigObject(
    sandbox_timeout=120.0, import_blacklist=[], student_code_pattern="student_code*.ipynb"
)
PATIENCE = {"query_timeout": 120.0}


@pytest.mark.grading_data(name="softmax", points=4)
def test_softmax(sandbox):
    logits = torch.randn(5, 7) * 3
    found = sandbox.query_function("softmax_of_array", logits.numpy(), **PATIENCE)
    assert np.allclose(found, F.softmax(logits, dim=1).numpy(), atol=1e-6)
    assert np.isfinite(sandbox.query_function("softmax_of_array", np.full((2, 3), 1000.0), **PATIENCE)).all()


@pytest.mark.grading_data(name="linear_backward", points=6)
def test_linear_backward(sandbox):
    x, weight = torch.randn(5, 3, requires_grad=True), torch.randn(4, 3, requires_grad=True)
    bias, grad_output = torch.randn(4, requires_grad=True), torch.randn(5, 4)
    expected = torch.autograd.grad(F.linear(x, weight, bias), (x, weight, bias), grad_output)
    given = [tensor.detach().numpy() for tensor in (grad_output, x, weight)]
    for which, wanted in enumerate(expected):
        found = sandbox.query_function("linear_backward_of_arrays", *given, which, **PATIENCE)
        assert np.allclose(found, wanted.numpy(), atol=1e-5)


@pytest.mark.grading_data(name="fit_line", points=10)
def test_fit_line(sandbox):
    x = torch.randn(50)
    slope, intercept = sandbox.query_function(
        "fit_line_of_arrays", x.numpy(), (3 * x - 1).numpy(), **PATIENCE
    )
    assert abs(slope - 3) < 1e-2 and abs(intercept + 1) < 1e-2
