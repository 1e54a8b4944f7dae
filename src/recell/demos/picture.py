"""The picture of a digit being read: the image beside what the network believes after each of its rows."""

from __future__ import annotations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def draw_beliefs(image: np.ndarray, beliefs: np.ndarray, label: int, path: str) -> None:
    """Writes a PNG: `image` `[rows, columns]` on the left and, row beside row, `beliefs` `[rows, classes]`.

    OSError when `path` cannot be written.
    """
    rows, classes = beliefs.shape
    figure = Figure(figsize=(9.5, 5), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.15])
    left.imshow(image, cmap="gray_r", aspect="auto", extent=(-0.5, image.shape[1] - 0.5, rows + 0.5, 0.5))
    left.set_title(f"the image: a {label}")
    left.set_ylabel("row read")
    left.set_xticks([])
    shown = right.imshow(
        beliefs, cmap="Blues", vmin=0, vmax=1, aspect="auto", extent=(-0.5, classes - 0.5, rows + 0.5, 0.5)
    )
    best = beliefs.argmax(axis=1)
    right.plot(
        best, np.arange(1, rows + 1), color="tab:red", marker="o", markersize=3, linewidth=1, label="most probable"
    )
    right.set_title(f"what the LSTM believes after each row: {best[-1]} in the end ({beliefs[-1].max():.0%})")
    right.set_xlabel("class")
    right.set_xticks(range(classes))
    for axes in (left, right):
        axes.set_yticks(range(1, rows + 1) if rows <= 10 else range(4, rows + 1, 4))
    right.legend(loc="upper right")
    figure.colorbar(shown, ax=right, label="probability")
    figure.savefig(path, dpi=110)
