"""Pictures that a deep-learning notebook draws again and again, each returned as its matplotlib Figure; and how a
notebook shows a figure: with words for those who do not see it."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor

from selfcheck.kernel import shell


def show(alternative: str, figure: Figure | None = None) -> None:
    """Show a figure and close it, as `plt.show()` does, with a text that says what there is to see.

    JupyterLab shows a PNG without its alternative text, so the figure goes out as a page with one image in it. Outside
    of a notebook it is shown as matplotlib shows it.

    Args:
        alternative: what a screen reader reads out instead of the image: what is drawn, and what is to be seen in it.
        figure: a figure of matplotlib; the current one if not given.

    Raises:
        ValueError: where the text is empty, or no figure has been drawn.
    """
    text = " ".join(alternative.split())
    if not text:
        raise ValueError("show takes the words that stand for the figure: say what is to be seen in it")
    if figure is None:
        if not plt.get_fignums():
            raise ValueError("there is no figure to show: draw one first")
        figure = plt.gcf()
    if shell() is None:
        plt.show()
        return
    from IPython.display import display

    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=figure.dpi, bbox_inches="tight")
    plt.close(figure)
    data = base64.b64encode(picture.getvalue()).decode()
    page = f'<img src="data:image/png;base64,{data}" alt="{escape(text)}" style="max-width:100%">'
    display({"text/html": page, "text/plain": f"[figure: {text}]"}, raw=True)


def _grid(count: int, columns: int, scale: float) -> tuple[Figure, list[plt.Axes]]:
    columns = max(1, min(columns, count))
    rows = max(1, -(-count // columns))
    figure, axes = plt.subplots(
        rows, columns, figsize=(scale * columns, scale * rows), squeeze=False, layout="constrained"
    )
    flat = list(axes.flat)
    for axis in flat:
        axis.set_axis_off()
    return figure, flat


def image_grid(
    images: Tensor, titles: Sequence[object] | None = None, columns: int = 10, scale: float = 1.1
) -> Figure:
    """Images (N, C, H, W), C 1 or 3, values in [0, 1], side by side.

    Raises:
        ValueError: for another shape, or as many titles as there are not images.
    """
    if images.dim() != 4 or images.shape[1] not in (1, 3):
        raise ValueError(f"image_grid takes (N, 1 or 3, H, W), not {tuple(images.shape)}")
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"{len(titles)} titles for {len(images)} images")
    figure, axes = _grid(len(images), columns, scale)
    for i, image in enumerate(images.detach().cpu()):
        axes[i].imshow(image.permute(1, 2, 0).squeeze(-1).clamp(0, 1).numpy(), cmap="gray", vmin=0, vmax=1)
        if titles is not None:
            axes[i].set_title(str(titles[i]), fontsize=9)
    return figure


def feature_maps(
    maps: Tensor, titles: Sequence[object] | None = None, columns: int = 8, scale: float = 1.3
) -> Figure:
    """Kernels or activations (K, H, W), one picture each; red is positive, blue negative, white zero."""
    if maps.dim() != 3:
        raise ValueError(f"feature_maps takes (K, H, W), not {tuple(maps.shape)}")
    figure, axes = _grid(len(maps), columns, scale)
    reach = max(float(maps.detach().abs().max()), 1e-12)
    for i, plane in enumerate(maps.detach().cpu()):
        picture = axes[i].imshow(plane.numpy(), cmap="RdBu_r", vmin=-reach, vmax=reach)
        axes[i].set_title(str(titles[i]) if titles is not None else str(i), fontsize=9)
    figure.colorbar(picture, ax=axes, shrink=0.8)
    return figure


def loss_curve(losses: Mapping[str, Sequence[float]] | Sequence[float], log: bool = False) -> Figure:
    """Loss by epoch; several runs as a dict from name to losses."""
    runs = losses if isinstance(losses, Mapping) else {"": losses}
    figure, axis = plt.subplots(figsize=(6, 3), layout="constrained")
    for name, values in runs.items():
        axis.plot(range(1, len(values) + 1), values, marker=".", label=name or None)
    axis.set(xlabel="epoch", ylabel="loss", yscale="log" if log else "linear")
    axis.grid(alpha=0.3)
    if any(runs):
        axis.legend(frameon=False)
    return figure


def confusion(predicted: Tensor, labels: Tensor, classes: Sequence[object] | None = None) -> Figure:
    """How often each class (row) was taken for each (column): predicted and labels (N,) int64."""
    if predicted.shape != labels.shape:
        raise ValueError(f"{tuple(predicted.shape)} predictions for {tuple(labels.shape)} labels")
    count = max(int(predicted.max()), int(labels.max())) + 1 if classes is None else len(classes)
    matrix = torch.bincount(labels * count + predicted, minlength=count * count).reshape(count, count)
    figure, axis = plt.subplots(figsize=(0.5 * count + 1, 0.5 * count + 1), layout="constrained")
    errors = matrix.clone().float().fill_diagonal_(0)  # the diagonal would drown what there is to see
    axis.imshow(errors.numpy(), cmap="Reds", vmin=0, vmax=max(1.0, float(errors.max())))
    for row in range(count):
        for column in range(count):
            if matrix[row, column]:
                weight = "bold" if row == column else "normal"
                axis.text(column, row, str(int(matrix[row, column])), ha="center", va="center", weight=weight)
    names = [str(name) for name in (classes if classes is not None else range(count))]
    axis.set(xticks=range(count), yticks=range(count), xlabel="predicted", ylabel="true")
    axis.set_xticklabels(names)
    axis.set_yticklabels(names)
    return figure
