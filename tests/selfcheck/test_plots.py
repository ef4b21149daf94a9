"""The plots: they draw what they are given and refuse what they cannot draw."""

from __future__ import annotations

import base64
import re

import matplotlib
import matplotlib.pyplot as plt
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

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


def test_a_figure_is_shown_with_its_alternative_text_and_closed():
    InteractiveShell.clear_instance()
    kernel = InteractiveShell.instance()
    try:
        with capture_output() as caught:
            plt.figure(figsize=(2, 1))
            plots.show("""A line that "falls"
                from 3 to 1.""")
        assert not plt.get_fignums()
        assert plots.shell() is kernel
    finally:
        InteractiveShell.clear_instance()
    (told,) = caught.outputs
    page = told.data["text/html"]
    assert 'alt="A line that &quot;falls&quot; from 3 to 1."' in page
    assert told.data["text/plain"] == '[figure: A line that "falls" from 3 to 1.]'
    (data,) = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    assert base64.b64decode(data).startswith(b"\x89PNG")


def test_outside_of_a_notebook_a_figure_is_shown_as_ever(monkeypatch):
    shown = []
    monkeypatch.setattr(plots, "shell", lambda: None)
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.get_fignums()))
    figure = plt.figure()
    plots.show("An empty figure.", figure)
    assert shown == [[figure.number]]
    plt.close(figure)


def test_a_figure_without_words_or_words_without_a_figure_are_refused():
    plt.close("all")
    with pytest.raises(ValueError, match="no figure to show"):
        plots.show("A line.")
    plt.figure()
    with pytest.raises(ValueError, match="words that stand for the figure"):
        plots.show(" ")
    plt.close("all")


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="image_grid takes"):
        plots.image_grid(torch.rand(5, 5))
    with pytest.raises(ValueError, match="titles"):
        plots.image_grid(torch.rand(2, 1, 5, 5), titles=["one"])
    with pytest.raises(ValueError, match="feature_maps takes"):
        plots.feature_maps(torch.rand(5, 5))
    with pytest.raises(ValueError, match="predictions"):
        plots.confusion(torch.zeros(2, dtype=torch.long), torch.zeros(3, dtype=torch.long))
