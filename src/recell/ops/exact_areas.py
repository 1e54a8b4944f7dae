"""Areas under curves from all scores, or from histograms of them, without thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.ops import rules
from recell.ops._kernels import invalid
from recell.ops.op import INDEX, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


@op("CheckedLabels", shape=rules.unchanged, T=INDEX, view=True, differentiable=False)
def zero_or_one(labels: Tensor) -> Tensor:
    """The labels again. InvalidArgumentError for one that is neither 0 nor 1."""
    for word, wrong in (("<0", labels < 0), (">1", labels > 1)):
        if bool(wrong.any()):
            raise invalid(
                f"assertion failed: [labels must be 0 or 1, at least one is {word}] {labels[wrong][:3].tolist()}"
            )
    return labels


def _running(scores: Tensor, labels: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Weights of yes and of no at or above every different score, the highest first."""
    different, place = torch.unique(scores, return_inverse=True)
    place = len(different) - 1 - place
    counts = []
    for kind in (1, 0):
        amounts = torch.where(labels == kind, weights, torch.zeros_like(weights))
        counts.append(torch.bincount(place, weights=amounts, minlength=len(different)).cumsum(0))
    return counts[0], counts[1]


@op(
    "ExactArea",
    shape=rules.scalar,
    types={"labels": dtypes.int64},
    T=frozenset({dtypes.float64}),
    dtype=dtypes.float64,
    differentiable=False,
)
def exact_area(scores: Tensor, labels: Tensor, weights: Tensor, curve: str) -> Any:
    """The area under the curve through all different scores; 0 when there are only yes or only no."""
    zero = torch.zeros((), dtype=torch.float64)
    if len(scores) == 0 or labels.min() == labels.max():
        return zero
    hits, wrong = _running(scores, labels, weights)
    if not float(hits[-1]) or not float(wrong[-1]):
        return zero
    start = zero.reshape(1)
    recall = torch.cat([start, hits / hits[-1]])
    if curve == "ROC":
        x, y = torch.cat([start, wrong / wrong[-1]]), recall
    else:
        precision = hits / (hits + wrong)
        x, y = recall, torch.cat([precision[:1], precision])
    return torch.trapezoid(y, x)


@op("AreaOfHistograms", shape=rules.scalar, T=frozenset({dtypes.int64}), dtype=dtypes.float32, differentiable=False)
def area_of_histograms(yes: Tensor, no: Tensor) -> Tensor:
    """How often a yes falls into a higher bin than a no, half of it for the same bin; NaN when there is none of one."""
    yes, no = yes.double(), no.double()
    below = no.cumsum(0) - no / 2
    return ((yes * below).sum() / (yes.sum() * no.sum())).float()


__all__ = ["area_of_histograms", "exact_area", "zero_or_one"]
