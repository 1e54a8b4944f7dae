"""The pictures of the demos that train on sequences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def _figure(title: str, width: float = 9.0) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set_title(title)
    axes.grid(alpha=0.3)
    return figure, axes


def draw_prediction(path: str, truth: Any, predicted: Any, title: str) -> None:
    """The prediction over the truth, both `[examples]`, and below it the difference, as a file at `path`."""
    figure, axes = _figure(title)
    axes.plot(truth, color="black", linewidth=3, alpha=0.35, label="truth")
    axes.plot(predicted, color="tab:red", linewidth=1.2, label="prediction")
    axes.plot([a - b for a, b in zip(predicted, truth, strict=True)], color="tab:blue", linewidth=1, label="difference")
    axes.set(xlabel="example", ylabel="value")
    axes.legend(loc="upper right", ncols=3)
    figure.savefig(path, dpi=120)


def draw_perplexity(
    path: str, training: Sequence[tuple[int, float]], validation: Sequence[tuple[int, float]], title: str
) -> None:
    """Perplexity against words seen, as a file at `path`: a line for training, dots for validation text."""
    figure, axes = _figure(title)
    axes.plot(*zip(*training, strict=True), color="tab:blue", label="training text, last 50 batches")
    axes.plot(*zip(*validation, strict=True), "o-", color="tab:red", label="validation text")
    axes.set(xlabel="words seen", ylabel="perplexity", yscale="log")
    for x, y in validation:
        axes.annotate(f"{y:.0f}", (x, y), textcoords="offset points", xytext=(4, 6), color="tab:red")
    axes.legend(loc="upper right")
    figure.savefig(path, dpi=120)
