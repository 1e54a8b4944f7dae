"""One figure: a digit, and beside each of its rows what the reader believed after that row."""

from __future__ import annotations

from typing import Any

import numpy as np


def draw(path: str, image: Any, probabilities: Any, label: int) -> None:
    """Writes the figure to `path`.

    Args:
        image: `[rows, columns]`, the digit.
        probabilities: `[rows, 10]`, the classes' probabilities after each row.
        label: the true class.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    rows, columns = np.shape(image)
    figure = Figure(figsize=(11, 5.2), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[columns, 1.25 * columns])
    predicted = int(np.argmax(probabilities[-1]))
    verdict = "right" if predicted == label else "wrong"
    figure.suptitle(f"A {label}, read row by row: after the last row the network says {predicted} ({verdict})")

    left.imshow(image, cmap="gray", aspect="auto")
    left.set(title="what it reads", ylabel="row", xticks=[])
    step = 1 if rows <= 10 else 3
    left.set_yticks(range(0, rows, step), range(1, rows + 1, step))

    map_ = right.imshow(probabilities, cmap="magma", vmin=0, vmax=1, aspect="auto")
    right.set(title="what it believes after that row", xlabel="class", xticks=range(10))
    # The strongest class of each row is framed, so that a change of mind shows.
    for row, best in enumerate(np.argmax(probabilities, axis=1)):
        share = probabilities[row][best]
        right.add_patch(Rectangle((best - 0.5, row - 0.5), 1, 1, fill=False, edgecolor="deepskyblue", linewidth=2))
        if rows <= 10:
            ink = "black" if share > 0.6 else "white"
            right.annotate(f"{share:.0%}", (best, row), ha="center", va="center", color=ink)
    right.get_xticklabels()[label].set_fontweight("bold")
    for axes in (left, right):
        # Lines between rows: what stands on one line belongs together.
        axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
        axes.grid(which="minor", axis="y", color="gray", linewidth=0.4)
        axes.tick_params(which="minor", length=0)
    figure.colorbar(map_, ax=right, label="probability")
    figure.savefig(path, dpi=120)
