"""The checks of the grade cell `softmax` as an Otter test file."""

import torch
import torch.nn.functional as F
from otter.test_files import test_case

OK_FORMAT = False
name = "softmax"
points = 4


@test_case(points=4)
def test_softmax(softmax):
    torch.manual_seed(0)
    logits = torch.randn(5, 7) * 3
    assert torch.allclose(softmax(logits), F.softmax(logits, dim=1), atol=1e-6)
    assert torch.isfinite(softmax(torch.full((2, 3), 1000.0))).all()
