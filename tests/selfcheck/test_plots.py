"""The plots: they draw what they are given and refuse what they cannot draw."""

from __future__ import annotations

import matplotlib
import pytest
import torch

from selfcheck import plots

matplotlib.use("Agg")


def test_each_draws(tmp_path):
    figures = [
        plots.image_grid(torch.rand(7, 1, 5, 4), titles=range(7), columns=3),
        plots.image_grid(torch.rand(2, 3, 5, 4)),
        plots.feature_maps(torch.randn(6, 3, 3)),
        plots.feature_maps(torch.zeros(1, 3, 3), titles=["none"]),
        plots.loss_curve([3.0, 2.0, 1.5]),
        plots.loss_curve({"sgd": [3.0, 2.0], "adam": [1.0, 0.1]}, log=True),
        plots.confusion(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 2])),
    ]
    for i, figure in enumerate(figures):
        figure.savefig(tmp_path / f"{i}.png")
        matplotlib.pyplot.close(figure)
    assert figures[-1].axes[0].get_ylabel() == "true"


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="image_grid takes"):
        plots.image_grid(torch.rand(5, 5))
    with pytest.raises(ValueError, match="titles"):
        plots.image_grid(torch.rand(2, 1, 5, 5), titles=["one"])
    with pytest.raises(ValueError, match="feature_maps takes"):
        plots.feature_maps(torch.rand(5, 5))
    with pytest.raises(ValueError, match="predictions"):
        plots.confusion(torch.zeros(2, dtype=torch.long), torch.zeros(3, dtype=torch.long))
