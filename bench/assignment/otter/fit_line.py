"""The check of the grade cell `fit_line` as an Otter test file."""

import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "fit_line"
points = 10


@test_case(points=10)
def test_fit_line(fit_line):
    torch.manual_seed(2)
    x = torch.randn(50)
    slope, intercept = fit_line(x, 3 * x - 1)
    assert abs(slope - 3) < 1e-2 and abs(intercept + 1) < 1e-2
